// Performs a case with real services: each of them is told what to do, one step after the other.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import type { CaseSpan, SemanticsCase } from "../../support/semantics.ts";
import type { Service } from "../../support/services.ts";
import { type Part, scoreOf } from "./score.ts";
import type { Said, Step } from "./steps.ts";

/** What came of a case. */
export interface Performed {
  /** What the head of the entry's answer told; `undefined` where nothing failed. */
  readonly tree: ErrorTree | undefined;
  readonly traceId: string;
  readonly exported: boolean;
  /** Something happened after the entry had answered: its head cannot tell of it. */
  readonly isLate: boolean;
  /** The names of the case's services by those of the processes. */
  readonly names: ReadonlyMap<string, string>;
}

/** A step without what every step has. */
type Told = Step extends infer One
  ? One extends Step
    ? Omit<One, "number" | "id" | "within">
    : never
  : never;

/** The processes, and somebody who answers for those that take no part. */
export class Stage {
  readonly #services: readonly Service[];
  readonly #strangers: http.Server;
  readonly #deadPort: number;
  /** Responses of strangers that wait for their end, by the calls. */
  readonly #waiting = new Map<string, ServerResponse>();
  /** Ports of the hosts that the case names. */
  #ports: ReadonlyMap<string, number> = new Map();
  #steps = 0;

  constructor(services: readonly Service[], deadPort: number) {
    this.#services = services;
    this.#deadPort = deadPort;
    this.#strangers = http.createServer((request, response) => {
      const id = new URL(request.url ?? "/", "http://stranger").searchParams.get("span") ?? "";
      this.#waiting.set(id, response);
      this.#strangers.emit(`arrived ${id}`);
    });
  }

  async listen(): Promise<void> {
    await once(this.#strangers.listen(0, "127.0.0.1"), "listening");
  }

  async close(): Promise<void> {
    this.#strangers.closeAllConnections();
    await once(this.#strangers.close(), "close");
  }

  async perform(test: SemanticsCase): Promise<Performed> {
    const { parts, moments } = scoreOf(test);
    const names = [...new Set([...parts.values()].map(({ service }) => service))];
    const processes = new Map(names.map((name, i) => [name, this.#services[i] as Service]));
    const root = moments.find(({ part }) => part.parent === undefined)?.part as Part;
    const process = (part: Part): Service => processes.get(part.service) as Service;
    this.#ports = new Map(
      [...parts.values()].flatMap(({ span, callee }) =>
        span.to === undefined ? [] : [[span.to, callee === undefined ? this.#port : process(callee).port]],
      ),
    );
    const entry = new Entry();
    let isLate = false;
    for (const { part, isEnd } of moments) {
      if (part === root) {
        if (isEnd) await this.#answer(process(root), root, entry.head);
        else await entry.call(process(root), root);
      } else {
        isLate ||= entry.isOver;
        await (isEnd ? this.#end(part, process) : this.#begin(part, process));
      }
    }
    return {
      ...(await entry.told()),
      isLate,
      names: new Map(names.map((name, i) => [`service-${i}`, name])),
    };
  }

  async #begin(part: Part, process: (part: Part) => Service): Promise<void> {
    const { span, callee, parent } = part;
    const { id } = span;
    const within = parent?.id ?? "";
    if (part.kind === "internal") {
      await this.#tell(process(part), id, within, { do: "begin", name: span.name ?? id });
      return;
    }
    const isRefused = span.error === "ECONNREFUSED";
    const port = isRefused ? this.#deadPort : callee === undefined ? this.#port : process(callee).port;
    const arrived = isRefused
      ? undefined
      : callee === undefined
        ? once(this.#strangers, `arrived ${id}`)
        : process(callee).told("arrived");
    await this.#tell(process(part), id, within, {
      do: "call",
      method: methodOf(callee?.span ?? span),
      host: span.to ?? "127.0.0.1",
      port,
      path: callee === undefined ? `/?span=${id}` : pathOf(callee),
      waits: isRefused,
    });
    await arrived;
  }

  async #end(part: Part, process: (part: Part) => Service): Promise<void> {
    const { span, callee } = part;
    const { id } = span;
    if (part.kind === "internal") {
      await this.#tell(process(part), id, "", { do: "end", ...this.#said(part) });
      return;
    }
    const ended = process(part).told("ended");
    if (span.error === "ECONNREFUSED") await this.#tell(process(part), id, "", { do: "connect" });
    else if (span.http === undefined) {
      await this.#tell(process(part), id, "", { do: "abort", reason: span.error ?? "AbortError" });
    } else if (callee !== undefined) await this.#answer(process(callee), callee, undefined);
    else this.#waiting.get(id)?.writeHead(span.http).end();
    await ended;
  }

  /** Has a service answer, and waits until it has; `head` where that is the entry's. */
  async #answer(service: Service, part: Part, head: Promise<unknown> | undefined): Promise<void> {
    const closed = service.told("closed");
    const { id, http: status = 200 } = part.span;
    await this.#tell(service, id, "", { do: "answer", http: status, ...this.#said(part) });
    await head;
    await closed;
  }

  #said({ span }: Part): Said {
    const { status, message, exception } = span;
    const isTold = status === "ok" || (status === "error" && (message !== undefined || !isFailing(span)));
    return {
      ...(isTold ? { status } : undefined),
      ...(message === undefined ? undefined : { message }),
      ...(exception === undefined ? undefined : { exception: [exception[0], this.#text(exception[1])] }),
    };
  }

  /** Texts of a case name port 80: here it is another one. */
  #text(text: string): string {
    let told = text;
    for (const [host, port] of this.#ports) told = told.replaceAll(`${host}:80`, `${host}:${port}`);
    return told;
  }

  async #tell(service: Service, id: string, within: string, told: Told): Promise<void> {
    const done = service.told("done");
    const step = { ...told, id, within, number: ++this.#steps } as Step;
    service.tell({ step });
    await done;
  }

  get #port(): number {
    return (this.#strangers.address() as AddressInfo).port;
  }
}

/** The instrumentation says by itself that such a span has failed. */
function isFailing({ http: status, kind }: { http?: number; kind?: string }): boolean {
  return kind === undefined && status !== undefined && status >= 500;
}

function methodOf({ name = "GET" }: CaseSpan): string {
  return name.split(" ")[0] as string;
}

function pathOf({ span }: Part): string {
  const [, path = "/"] = (span.name ?? "").split(" ");
  return `${path}?span=${span.id}`;
}

const ASK = 'v=1, id="00f067aa0ba902b7", from="test"';

/** The request that begins a case, by a client that nothing instruments. */
class Entry {
  #head: Promise<IncomingMessage> | undefined;
  isOver = false;

  get head(): Promise<IncomingMessage> {
    return this.#head as Promise<IncomingMessage>;
  }

  async call(service: Service, part: Part): Promise<void> {
    const arrived = service.told("arrived");
    const request = http.request({
      method: methodOf(part.span),
      host: "127.0.0.1",
      port: service.port,
      path: pathOf(part),
      agent: false,
      headers: { "x-error-tree": ASK },
    });
    request.end();
    this.#head = once(request, "response").then(([response]) => {
      this.isOver = true;
      (response as IncomingMessage).resume();
      return response as IncomingMessage;
    });
    await arrived;
  }

  async told(): Promise<Pick<Performed, "tree" | "traceId" | "exported">> {
    const { headers } = await this.head;
    const value = headers["x-error-tree"];
    const trace = /trace;desc=00-([0-9a-f]{32})-[0-9a-f]{16}-0([01])/.exec(`${headers["server-timing"]}`);
    return {
      tree: typeof value === "string" ? readErrorTree(value) : undefined,
      traceId: trace?.[1] ?? "",
      exported: trace?.[2] === "1",
    };
  }
}
