// Who may be asked, and whose ask counts.
import type { IncomingHttpHeaders } from "node:http";

/** Whose asks are answered; `undefined` means nobody's, which is how the library comes. */
export type TrustRule = "loopback";

/** Decides about the asks of one peer. */
export interface Trust {
  /** Why an ask does not count, in words for the log; `undefined` where it does. */
  refusal(remoteAddress: string | undefined, headers: IncomingHttpHeaders): string | undefined;
}

const REMEDY = 'set the option trust: "loopback" where every caller on this host may read error trees';

/** The rule as a decision about peers. */
export function createTrust(rule: TrustRule | undefined): Trust {
  if (rule === undefined) return { refusal: () => `nobody is trusted; ${REMEDY}` };
  return {
    refusal(remoteAddress, headers) {
      if (!isLoopback(remoteAddress)) return `the peer ${remoteAddress} is not on this host`;
      const forwarding = forwardingField(headers);
      // Behind a reverse proxy on this host every stranger has a loopback address.
      return forwarding === undefined ? undefined : `the request came through a proxy (${forwarding})`;
    },
  };
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}

function forwardingField(headers: IncomingHttpHeaders): string | undefined {
  for (const name in headers) {
    if (name === "forwarded" || name === "via" || name === "x-real-ip") return name;
    if (name.startsWith("x-forwarded-")) return name;
  }
  return undefined;
}

/** Most hosts whose decision is remembered; a service that calls more of them decides anew. */
const REMEMBERED_HOSTS = 1000;

/**
 * Hosts that may be told that we take part: loopback, private address literals, single-label names, and names that
 * resolve inside a network only. Remembers its decisions.
 */
export class AskableHosts {
  readonly #known = new Map<string, boolean>();

  has(host: string): boolean {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    if (this.#known.size >= REMEMBERED_HOSTS) this.#known.clear();
    const askable = isInternalHost(host.toLowerCase().replace(/^\[?::ffff:([\d.]+)\]?$/, "$1"));
    this.#known.set(host, askable);
    return askable;
  }
}

const INTERNAL_SUFFIX = /\.(?:internal|local|svc|cluster\.local|localhost)\.?$/;
/** Sources: RFC 1918, RFC 6598, RFC 3927. */
const PRIVATE_IPV4 =
  /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3}){1,3}$/;
/** Sources: RFC 4291 (loopback, link-local), RFC 4193 (unique local). */
const PRIVATE_IPV6 = /^\[?(?:::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]?$/;

function isInternalHost(host: string): boolean {
  if (host === "") return false;
  if (PRIVATE_IPV4.test(host)) return host.split(".").length === 4;
  if (host.includes(":")) return PRIVATE_IPV6.test(host);
  if (!host.includes(".")) return !/^(?:0x[0-9a-f]+|\d+)$/.test(host);
  return INTERNAL_SUFFIX.test(host);
}
