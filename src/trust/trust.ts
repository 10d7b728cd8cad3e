// Decides whose asks are answered, and which hosts may be asked.
import { isIP } from "node:net";
import type { Ask } from "../wire/messages.ts";
import { AddressSet, isNetwork, LOOPBACK_NETWORKS, PRIVATE_NETWORKS, SERVICE_NETWORKS } from "./addresses.ts";
import { hostOf } from "./authority.ts";
import { type AskingRequest, Doubts, type OwnNames } from "./doubt.ts";
import { answeredTo, type Refusal, remedyOf, type Trusted } from "./remedy.ts";

/** Whose asks are answered because of their address alone; `undefined`, the default, means nobody's. */
export type TrustRule = "loopback" | "private";

/** Decides which asks count. */
export interface Trust {
  /** Why the ask of a request does not count; `undefined` if it does. */
  refusal(request: AskingRequest, ask: Ask): Refusal | undefined;
  /**
   * The log line for the first ask that is refused for this reason, with the remedy; `undefined` for all later ones. Making
   * it may take milliseconds.
   */
  remedy(refusal: Refusal, request: AskingRequest, ask: Ask): string | undefined;
  /** True if no rule, no network and no secret is set: nobody is answered, whatever comes. */
  readonly isOfNobody: boolean;
  /** Who is answered, for the log. */
  toString(): string;
}

/**
 * A request with a valid token is trusted, through proxies too. So is a request whose address the rule or the networks include,
 * unless something says that somebody else sent it: behind a proxy on this host every stranger has a loopback address, and so
 * does a stranger's web page in a browser on this host.
 */
export function createTrust(trusted: Trusted, own: OwnNames): Trust {
  return new PeerTrust(trusted, own);
}

class PeerTrust implements Trust {
  readonly #trusted: Trusted;
  readonly #addresses: AddressSet | undefined;
  readonly #doubts: Doubts;
  readonly #logged = new Set<Refusal>();

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
    if (this.#logged.has(refusal)) return undefined;
    this.#logged.add(refusal);
    const { remoteAddress } = request.socket;
    const evidence = this.#doubts.in(request)?.evidence;
    const remedy = remedyOf(refusal, this.#now(), { remoteAddress, evidence, key });
    // The parser accepts printable ASCII only.
    const name = from === undefined ? "" : `, which calls itself ${JSON.stringify(from)},`;
    return `an ask for an error tree by ${remoteAddress ?? "a peer without an address"}${name} was refused: ${remedy}`;
  }

  get isOfNobody(): boolean {
    return this.#addresses === undefined && this.#trusted.keys === undefined;
  }

  /** A ring without secrets counts as none: the file of secrets may not exist yet. */
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

/** Metadata services of clouds, which hand out credentials, outside of link-local networks: Alibaba, Amazon, Google, Scaleway. */
const METADATA_NETWORKS = ["100.100.100.200", "fd00:ec2::/32", "fd20:ce::254", "fd00:42::42"];
const METADATA_NAMES = [
  "metadata",
  "metadata.google.internal",
  "instance-data",
  "instance-data.ec2.internal",
];

/** Most hosts whose result is cached. */
const REMEMBERED_HOSTS = 1000;
/** Longest text that names a host, with brackets, port and the dot of the root. */
const LONGEST_HOST = 264;

/**
 * Hosts that may be asked, and so learn that we take part and see a token: loopback, private addresses, names without a dot,
 * names that resolve inside a network only, and those of the option. Results are cached.
 */
export class AskableHosts {
  readonly #known = new Map<string, boolean>();
  readonly #authorities = new Map<string, boolean>();
  /** Hosts and ports that led to an address that must not be asked, oldest first. */
  readonly #stopped = new Set<string>();
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #addresses: AddressSet;
  readonly #services = new AddressSet(SERVICE_NETWORKS);
  readonly #metadata = new AddressSet(METADATA_NETWORKS);

  /** Takes further names, suffixes with a leading dot, addresses and networks: texts for which {@link isAskHost} is true. */
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

  /** True if the host of `host:port`, as a `Host` field or an origin names it, may be asked and {@link stop} was not called. */
  hasAuthority(authority: string): boolean {
    const known = this.#authorities.get(authority);
    if (known !== undefined) return known;
    if (authority.length > LONGEST_HOST) return false;
    const host = this.#stopped.has(authority) ? undefined : hostOf(authority);
    return remember(this.#authorities, authority, host !== undefined && this.has(host));
  }

  /**
   * True if a connection to the host may lead to that address. A name of the option may lead anywhere; any other host only to
   * addresses that may be asked themselves. A connection without an address is a Unix socket of this host.
   */
  mayLeadTo(host: string, address: string | undefined): boolean {
    return address === undefined || this.has(address) || this.#isNamed(normalised(host));
  }

  /** The same for the host of `host:port`. */
  authorityMayLeadTo(authority: string, address: string | undefined): boolean {
    return address === undefined || this.has(address) || this.mayLeadTo(hostOf(authority) ?? "", address);
  }

  /** From now on that host and port are not asked any more. */
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

/** Only characters that no resolver maps to others: a full-width dot would turn one label into two. */
const INTERNAL_NAME = /^[\w-]+(?:\.[\w-]+)*\.(?:internal|local|svc|localhost)$/;
const LABEL = /^[\w-]+$/;
/** An IPv4 address in another spelling, as resolvers accept it, or the rest of an IPv6 address that was cut at a colon. */
const NUMBER = /^(?:0x)?[0-9a-f]*$/;

function isInternalName(host: string): boolean {
  return host.includes(".") ? INTERNAL_NAME.test(host) : LABEL.test(host) && !NUMBER.test(host);
}

function isAddress(host: string): boolean {
  return host.includes(":") || isIP(host) !== 0;
}

/** In lower case, without the brackets of a URL and without the dot of the root. */
function normalised(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

const NAME = /^\.?(?:[\w-]{1,63}\.)*(?!\d+\.?$)[\w-]{1,63}\.?$/;

/** True for a valid item of `askHosts`: `payment.example.com`, `.example.com`, `198.51.100.0/24`. */
export function isAskHost(text: string): boolean {
  return isNetwork(text) || (text.length <= 255 && NAME.test(text));
}
