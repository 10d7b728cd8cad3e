// A service of ours and a stranger, both on this host: only 127.0.0.1 stands for addresses that are asked.
import dns from "node:dns";
import http from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { onTestFinished, vi } from "vitest";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { KeyRing } from "../../src/trust/key-ring.ts";
import { AskableHosts } from "../../src/trust/trust.ts";
import { idOfAsk } from "../../src/wire/header.ts";
import { listen, plainService } from "./sdk-http.ts";
import { type RunningParts, startParts } from "./sdk-parts.ts";

/** Where strangers listen: a public address, as far as the library knows. */
export const STRANGE = "127.0.0.2";

class Hosts extends AskableHosts {
  override has(host: string): boolean {
    return host !== STRANGE && super.has(host);
  }
}

/** Names by the address that they have. */
const NAMES: Readonly<Record<string, string>> = {
  payment: "127.0.0.1",
  localhost: "127.0.0.1",
  // As a search domain may complete it.
  wiki: STRANGE,
  "api.example.com": STRANGE,
  "payment.example.com": STRANGE,
};

/** Starts the service, and names that lead to where they should; `askHosts` are set besides. */
export function startAsking(askHosts: readonly string[] = []): RunningParts {
  const { lookup } = dns;
  const spy = vi.spyOn(dns, "lookup").mockImplementation(((host: string, ...rest: unknown[]) => {
    const [options, done] = rest.length === 1 ? [{}, rest[0]] : rest;
    const address = NAMES[host];
    if (address === undefined) return (lookup as (...args: unknown[]) => void)(host, ...rest);
    const tell = done as (error: null, ...results: unknown[]) => void;
    if ((options as { all?: boolean }).all === true) process.nextTick(tell, null, [{ address, family: 4 }]);
    else process.nextTick(tell, null, address, 4);
  }) as typeof dns.lookup);
  const { lookup: promised } = dns.promises;
  const promises = vi.spyOn(dns.promises, "lookup").mockImplementation((async (
    host: string,
    options?: { all?: boolean },
  ) => {
    const address = NAMES[host];
    if (address === undefined) return await promised(host, options as never);
    return options?.all === true ? [{ address, family: 4 }] : { address, family: 4 };
  }) as typeof promised);
  onTestFinished(() => {
    spy.mockRestore();
    promises.mockRestore();
  });
  const keys = new KeyRing([{ keyId: "k1", secret: "0123456789abcdef0123456789abcdef" }], Date);
  return startParts({ hosts: new Hosts(askHosts), keys });
}

/** A server that answers what it likes: that it failed, and all of it was exported. */
export async function forger(
  at: string,
  fields: readonly string[] = [],
  status = 404,
): Promise<{ port: number; heads: string[] }> {
  return await plainService(
    status,
    "said",
    (head) => {
      const span = /^traceparent: 00-[0-9a-f]{32}-([0-9a-f]{16})/im.exec(head)?.[1] ?? "0".repeat(16);
      const asked = idOfAsk(/^x-error-tree: (.*)$/im.exec(head)?.[1]?.trim());
      return [
        `x-error-tree: not-found;id="${asked ?? span}";s="forger";e`,
        "vary: x-error-tree, accept",
        ...fields,
      ];
    },
    at,
  );
}

/** A server that never answers: it keeps the heads that it got, and stays silent or hangs up. */
export async function unanswering(
  how: "silent" | "hangs up",
  at?: string,
): Promise<{ port: number; heads: string[] }> {
  const heads: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heads.push(String(chunk));
      if (how === "hangs up") socket.destroy();
    });
  });
  return { port: await listen(server, at), heads };
}

/** The requests of a proxy that tunnels, and what went through. */
export async function tunnelProxy(): Promise<{ port: number; connects: string[] }> {
  const connects: string[] = [];
  const proxy = http.createServer((request, response) => {
    // Some do not tunnel in clear.
    connects.push(JSON.stringify(request.rawHeaders));
    response.writeHead(404).end();
  });
  proxy.on("connect", (request, socket) => {
    connects.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`);
    const [, port] = (request.url ?? "").split(":");
    socket.on("error", () => socket.destroy());
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    // A server of HTTP/2 speaks first, and what came with the response would be lost to whoever takes over the socket.
    socket.once("data", (first) => {
      const end = connect(Number(port), "127.0.0.1");
      end.on("error", () => end.destroy());
      end.write(first);
      end.pipe(socket).pipe(end);
    });
  });
  return { port: await listen(proxy), connects };
}

/** A tunnel that a program makes by hand. */
export async function tunnelTo(target: string, proxyPort: number): Promise<Socket> {
  return await new Promise((resolve) => {
    const place = {
      host: "127.0.0.1",
      port: proxyPort,
      agent: false,
      method: "CONNECT",
      path: target,
    } as const;
    http
      .request(place)
      .on("connect", (_, socket) => resolve(socket as Socket))
      .end();
  });
}

/** The tree of a job that makes calls. */
export async function treeOfJob(
  parts: RunningParts,
  call: () => Promise<unknown>,
): Promise<ErrorTree | undefined> {
  const job = trace.getTracer("test").startSpan("job", {}, ROOT_CONTEXT);
  await context.with(trace.setSpan(ROOT_CONTEXT, job), call);
  const tree = parts.pipeline.program.treeSoFar(job.spanContext().spanId);
  job.end();
  return tree;
}

/** True if the answer of a {@link forger} stands in a tree. */
export function believes(tree: ErrorTree | undefined): boolean {
  return JSON.stringify(tree)?.includes('"forger"') ?? false;
}

/** A head that shows an ask with a token. */
export const ASKS: RegExp = /^x-error-tree: v=1, id="[0-9a-f]{16}", .*k="k1:/im;

/** What was counted of asks and answers, and what failed inside. */
export function troubles({ health }: RunningParts): object {
  const counts = Object.entries(health.snapshot());
  return Object.fromEntries(counts.filter(([name]) => /^(?:asks|answers|internal)_/.test(name)));
}
