// Who may be asked, and whose ask counts.
import { isIP } from "node:net";
import type { Ask } from "../wire/messages.ts";
import { AddressSet, isNetwork, LOOPBACK_NETWORKS, PRIVATE_NETWORKS, SERVICE_NETWORKS } from "./addresses.ts";
import { hostOf } from "./authority.ts";
import { type AskingRequest, Doubts, type OwnNames } from "./doubt.ts";
import { answeredTo, type Refusal, remedyOf, type Trusted } from "./remedy.ts";

/** Whose asks are answered by their address alone; `undefined` means nobody's, which is how the library comes. */
export type TrustRule = "loopback" | "private";

/** Decides about asks. */
export interface Trust {
  /** Why the ask of a request does not count; `undefined` when it does. */
  refusal(request: AskingRequest, ask: Ask): Refusal | undefined;
  /**
   * The sentence that the log says of the first ask that is refused for a reason, with the remedy; `undefined` for later
   * ones. The first one may take milliseconds.
   */
  remedy(refusal: Refusal, request: AskingRequest, ask: Ask): string | undefined;
  /** What is answered to whom, for the log. */
  toString(): string;
}

/**
 * Whoever presents the token of a secret is trusted, through proxies too. So is whose address the rule or the networks hold,
 * if nothing says that the request is another one's: behind a proxy on this host every stranger has a loopback address, and so
 * has a page of a stranger in a browser.
 */
export function createTrust(trusted: Trusted, own: OwnNames): Trust {
  return new PeerTrust(trusted, own);
}

class PeerTrust implements Trust {
  readonly #trusted: Trusted;
  readonly #addresses: AddressSet | undefined;
  readonly #doubts: Doubts;
  readonly #told = new Set<Refusal>();

  constructor(trusted: Trusted, own: OwnNames) {
    this.#trusted = trusted;
    this.#doubts = new Doubts(own);
    const { rule, peers } = trusted;
    const networks = [...(rule === undefined ? [] : NETWORKS[rule]), ...peers];
    this.#addresses = networks.length === 0 ? undefined : new AddressSet(networks);
  }

  refusal(request: AskingRequest, ask: Ask): Refusal | undefined {
    const { keys } = this.#now();
    const addresses = this.#addresses;
    let fault: Refusal | undefined;
    if (keys !== undefined && ask.key !== undefined) {
      fault = keys.fault(ask.key);
      if (fault === undefined) return undefined;
    }
    if (addresses === undefined) return fault ?? (keys === undefined ? "no-rule" : "no-token");
    const { remoteAddress } = request.socket;
    if (remoteAddress === undefined || !addresses.has(remoteAddress)) return fault ?? "address";
    const doubt = this.#doubts.in(request);
    return doubt === undefined ? undefined : (fault ?? doubt.refusal);
  }

  remedy(refusal: Refusal, request: AskingRequest, { key, from }: Ask): string | undefined {
    if (this.#told.has(refusal)) return undefined;
    this.#told.add(refusal);
    const { remoteAddress } = request.socket;
    const evidence = this.#doubts.in(request)?.evidence;
    const remedy = remedyOf(refusal, this.#now(), { remoteAddress, evidence, key });
    // Parsing has left nothing but printable ASCII in it.
    const name = from === undefined ? "" : `, which calls itself ${JSON.stringify(from)},`;
    return `an ask for an error tree by ${remoteAddress ?? "a peer without an address"}${name} was refused: ${remedy}`;
  }

  /** A ring without secrets is as none: a file of secrets may be missing so far. */
  #now(): Trusted {
    const { keys } = this.#trusted;
    return keys?.isEmpty ? { ...this.#trusted, keys: undefined } : this.#trusted;
  }

  toString(): string {
    return answeredTo(this.#now());
  }
}

const NETWORKS: Readonly<Record<TrustRule, readonly string[]>> = {
  loopback: LOOPBACK_NETWORKS,
  private: PRIVATE_NETWORKS,
};

/** Where clouds have services of their own, with credentials, outside of link-local networks: Alibaba, Amazon, Google, Scaleway. */
const METADATA_NETWORKS = ["100.100.100.200", "fd00:ec2::/32", "fd20:ce::254", "fd00:42::42"];
const METADATA_NAMES = [
  "metadata",
  "metadata.google.internal",
  "instance-data",
  "instance-data.ec2.internal",
];

/** Most hosts whose decision is remembered; a service that calls more of them decides anew. */
const REMEMBERED_HOSTS = 1000;
/** Longest text that names one, with brackets, port and the dot of the root. */
const LONGEST_HOST = 264;

/**
 * Hosts that may be told that we take part, and shown a token: loopback, private address literals, single-label names,
 * names that resolve inside a network only, and those that are set. Remembers its decisions.
 */
export class AskableHosts {
  readonly #known = new Map<string, boolean>();
  readonly #authorities = new Map<string, boolean>();
  /** Those that led to an address that is not asked, oldest first. */
  readonly #stopped = new Set<string>();
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #addresses: AddressSet;
  readonly #services = new AddressSet(SERVICE_NETWORKS);
  readonly #metadata = new AddressSet(METADATA_NETWORKS);

  /** Names, suffixes with a leading dot, addresses and networks that may be asked besides: texts {@link isAskHost} is true of. */
  constructor(askHosts: readonly string[] = []) {
    const hosts = askHosts.map(normalised);
    const names = hosts.filter((host) => !isNetwork(host));
    this.#names = new Set(names.filter((name) => !name.startsWith(".")));
    this.#suffixes = names.filter((name) => name.startsWith("."));
    this.#addresses = new AddressSet(hosts.filter(isNetwork));
  }

  has(host: string): boolean {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    return host.length <= LONGEST_HOST && remember(this.#known, host, this.#find(normalised(host)));
  }

  /** True when the host of `host:port` may be asked, as a `Host` field or an origin names it, and {@link stop} was not called. */
  hasAuthority(authority: string): boolean {
    const known = this.#authorities.get(authority);
    if (known !== undefined) return known;
    if (authority.length > LONGEST_HOST) return false;
    const host = this.#stopped.has(authority) ? undefined : hostOf(authority);
    return remember(this.#authorities, authority, host !== undefined && this.has(host));
  }

  /**
   * True when a connection to the host may lead to that address. A name that is set may lead anywhere; every other host only
   * to addresses that are asked themselves. A connection without an address is a socket of this host.
   */
  mayLeadTo(host: string, address: string | undefined): boolean {
    return address === undefined || this.has(address) || this.#isNamed(normalised(host));
  }

  /** {@link mayLeadTo} for the host of `host:port`. */
  authorityMayLeadTo(authority: string, address: string | undefined): boolean {
    return address === undefined || this.has(address) || this.mayLeadTo(hostOf(authority) ?? "", address);
  }

  /** Asks no more there. */
  stop(authority: string): void {
    this.#authorities.set(authority, false);
    this.#stopped.add(authority);
    if (this.#stopped.size <= REMEMBERED_HOSTS) return;
    for (const oldest of this.#stopped) {
      this.#stopped.delete(oldest);
      break;
    }
  }

  #find(host: string): boolean {
    if (this.#isNamed(host) || this.#addresses.has(host)) return true;
    if (METADATA_NAMES.includes(host) || this.#metadata.has(host)) return false;
    return isAddress(host) ? this.#services.has(host) : isInternalName(host);
  }

  #isNamed(host: string): boolean {
    const isBeneath = (suffix: string): boolean => host.endsWith(suffix) && host !== suffix;
    return this.#names.has(host) || this.#suffixes.some(isBeneath);
  }
}

function remember(known: Map<string, boolean>, key: string, askable: boolean): boolean {
  if (known.size >= REMEMBERED_HOSTS) known.clear();
  known.set(key, askable);
  return askable;
}

/** Characters that no resolver maps to others: a full-width dot would make one label two. */
const INTERNAL_NAME = /^[\w-]+(?:\.[\w-]+)*\.(?:internal|local|svc|localhost)$/;
const LABEL = /^[\w-]+$/;
/** What resolvers take for an IPv4 address in another spelling, and what is left of an IPv6 address that was cut at a colon. */
const NUMBER = /^(?:0x)?[0-9a-f]*$/;

function isInternalName(host: string): boolean {
  return host.includes(".") ? INTERNAL_NAME.test(host) : LABEL.test(host) && !NUMBER.test(host);
}

function isAddress(host: string): boolean {
  return host.includes(":") || isIP(host) !== 0;
}

/** Lower case, without the brackets of a URL and the dot of the root. */
function normalised(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

const NAME = /^\.?(?:[\w-]{1,63}\.)*(?!\d+\.?$)[\w-]{1,63}\.?$/;

/** True for what {@link AskableHosts} can be given: `payment.example.com`, `.example.com`, `198.51.100.0/24`. */
export function isAskHost(text: string): boolean {
  return isNetwork(text) || (text.length <= 255 && NAME.test(text));
}
