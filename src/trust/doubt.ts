// Finds reasons not to trust a request because of its address: it came through a proxy, from a browser, or for another host.
import type { IncomingMessage } from "node:http";
import { hostOf } from "./authority.ts";
import { forwardingKind } from "./forwarding.ts";

/** The parts of a request that are read. */
export type AskingRequest = Pick<IncomingMessage, "rawHeaders" | "url" | "socket">;

/** Why the address of a request does not say who sent it. */
export interface Doubt {
  readonly refusal: "proxy" | "browser" | "host" | "cut";
  /** What was seen, cut for the log: names and values come from a peer. */
  readonly evidence: string;
}

/** What a service knows about itself. */
export interface OwnNames {
  /** Hosts that the service would ask itself. */
  readonly hosts: { has(host: string): boolean };
  /** Fields that the propagator of the service writes, in lower case. */
  readonly propagated: ReadonlySet<string>;
}

/** Number of names and values together, if there are as many fields as Node.js takes by default. */
const MOST_ENTRIES = 2000;
/** Most names of fields whose kind is cached, and the longest such name. */
const REMEMBERED_NAMES = 500;
const LONGEST_NAME = 64;
/** Longest text of a peer that is written to the log. */
const LONGEST_EVIDENCE = 64;

type FieldKind = "host" | "browser" | "plain" | NonNullable<ReturnType<typeof forwardingKind>>;

/** Looks for doubts in requests. Names of fields and the last accepted host are cached: each of them takes 1 us to judge. */
export class Doubts {
  readonly #own: OwnNames;
  readonly #kinds = new Map<string, FieldKind>();
  #lastHost = "";

  constructor(own: OwnNames) {
    this.#own = own;
  }

  /**
   * The first doubt about a request; `undefined` if its address says who sent it. The raw fields are read, because
   * `headers` has no second `Host` and on Node 20 no field after the thousandth.
   */
  in(request: AskingRequest): Doubt | undefined {
    const { rawHeaders } = request;
    if (rawHeaders.length >= MOST_ENTRIES || isCut(request)) {
      return { refusal: "cut", evidence: `${rawHeaders.length / 2}` };
    }
    let host: string | undefined;
    let hosts = 0;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      switch (this.#kindOf(name)) {
        case "host":
          host = rawHeaders[i + 1];
          hosts++;
          break;
        case "browser":
          return { refusal: "browser", evidence: name.slice(0, LONGEST_EVIDENCE) };
        case "trace":
          if (this.#own.propagated.has(name.toLowerCase())) break;
          return { refusal: "proxy", evidence: name };
        case "forwarding":
          return { refusal: "proxy", evidence: name.slice(0, LONGEST_EVIDENCE) };
        case "plain":
          break;
      }
    }
    const evidence = this.#hostFault(request.url, host, hosts);
    return evidence === undefined ? undefined : { refusal: "host", evidence };
  }

  #hostFault(target: string | undefined, host: string | undefined, hosts: number): string | undefined {
    if (host === undefined) return "it names no host";
    if (hosts > 1) return "it names several hosts";
    // If the request line has a whole URL, as for a forward proxy, its host wins over the field. Source: RFC 9112, section 3.2.2.
    if (target !== "*" && !target?.startsWith("/")) return "its request line names a host";
    if (host !== "" && host === this.#lastHost) return undefined;
    const name = hostOf(host);
    if (name !== undefined && this.#own.hosts.has(name)) {
      this.#lastHost = host;
      return undefined;
    }
    return `its Host is ${JSON.stringify(host.slice(0, LONGEST_EVIDENCE))}`;
  }

  #kindOf(name: string): FieldKind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const kind = kindOf(name.toLowerCase());
    if (name.length > LONGEST_NAME) return kind;
    if (this.#kinds.size >= REMEMBERED_NAMES) this.#kinds.clear();
    this.#kinds.set(name, kind);
    return kind;
  }
}

function kindOf(name: string): FieldKind {
  if (name === "host") return "host";
  return isBrowserField(name) ? "browser" : (forwardingKind(name) ?? "plain");
}

/**
 * True for fields that browsers add and that no script can set. Source: Fetch, forbidden request-headers. The `fetch` of
 * Node.js sends one of them too, `Sec-Fetch-Mode`.
 */
function isBrowserField(name: string): boolean {
  return name === "origin" || (name.startsWith("sec-") && name !== "sec-fetch-mode");
}

/**
 * True if the request may have had more fields than we see. Node 20 and 22.21 silently drop the fields beyond their limit;
 * later versions answer 431. A connection keeps the limit that its server had when the connection was made.
 */
export function isCut({ rawHeaders, socket }: Pick<AskingRequest, "rawHeaders" | "socket">): boolean {
  const { parser, server } = socket as {
    parser?: { maxHeaderPairs?: number } | null;
    server?: { maxHeadersCount?: number | null };
  };
  const most = parser?.maxHeaderPairs ?? (server?.maxHeadersCount ?? MOST_ENTRIES / 2) * 2;
  return most > 0 && rawHeaders.length >= most;
}
