// Writes the log lines about trust: who is answered, why an ask was refused, and what to do about it.

import type { Doubt } from "./doubt.ts";
import { type KeyFault, type KeyRing, WINDOW_MS } from "./key-ring.ts";

/** Why an ask was refused. */
export type Refusal = "no-rule" | "no-token" | KeyFault | "address" | Doubt["refusal"];

/** Who is trusted. */
export interface Trusted {
  readonly rule: "loopback" | "private" | undefined;
  readonly peers: readonly string[];
  readonly keys: KeyRing | undefined;
}

/** An ask that was refused. */
export interface RefusedAsk {
  readonly remoteAddress: string | undefined;
  /** The doubt about the address, if there is one. */
  readonly evidence: string | undefined;
  /** Key id and token as they were received. */
  readonly key: string | undefined;
}

const SAME_SECRET = "set the same secret (OTEL_ERROR_TREE_SECRET) here and at the caller";
const LOOPBACK_REMEDY =
  'if every caller on this host may read error trees, set OTEL_ERROR_TREE_TRUST=loopback or set the option trust: "loopback"';

const NOBODY =
  "no caller gets an error tree, because nobody is trusted yet. For development set OTEL_ERROR_TREE_TRUST=loopback, which " +
  "answers callers on this host. In production set OTEL_ERROR_TREE_SECRET=k1:SECRET, the same in all services, with a " +
  "SECRET made by: openssl rand -hex 32";

/** The reason and what to do about it. Text of the peer is quoted and cut. */
export function remedyOf(refusal: Refusal, trusted: Trusted, ask: RefusedAsk): string {
  return reasonOf(refusal, trusted, ask) + besides(refusal, trusted, ask);
}

function reasonOf(refusal: Refusal, trusted: Trusted, ask: RefusedAsk): string {
  switch (refusal) {
    case "no-rule":
      return `nobody is trusted; ${SAME_SECRET}, or ${LOOPBACK_REMEDY}`;
    case "no-token":
      return `it carries no token, and only those count that do; ${SAME_SECRET}`;
    case "malformed-key":
      return "its key is not made of key id and token; caller and service must speak the same version";
    case "unknown-key-id":
      return `its key id ${keyIdOf(ask)} is none of those set here (${quotedIds(trusted)}); ${SAME_SECRET}`;
    case "wrong-token":
      return wrongToken(trusted, ask);
    case "address":
      return `the peer ${ask.remoteAddress ?? "without an address"} is not ${membersOf(trusted)}; ${SAME_SECRET}, or name the peer's network in trustedPeers`;
    case "proxy":
      return `the request came through a proxy (${ask.evidence}), behind which everybody has its address; ${SAME_SECRET}, for a token counts through proxies`;
    case "browser":
      return `the request was sent by a browser (${ask.evidence}), and any web page can have it sent; ${SAME_SECRET}`;
    case "host":
      return `${ask.evidence}, and an address counts only for a Host that is this host, or one that this service asks itself: a page in a browser can make its own name lead here; ${SAME_SECRET}, or name the host in askHosts`;
    case "cut":
      return `the request has ${ask.evidence} fields, and some may be missing; ${SAME_SECRET}, or send fewer`;
    default:
      return refusal satisfies never;
  }
}

/** Adds that only one of the two services has a secret, if the reason does not say so already. */
function besides(refusal: Refusal, { keys }: Trusted, { key }: RefusedAsk): string {
  if (refusal === "no-token") return "";
  if (key !== undefined && keys === undefined) return " (it carries a token, but no secret is set here)";
  return key === undefined && keys !== undefined ? " (it carries no token, though a secret is set here)" : "";
}

function wrongToken({ keys }: Trusted, ask: RefusedAsk): string {
  const apart = ask.key === undefined ? undefined : keys?.windowsApart(ask.key);
  if (apart === undefined) {
    return `its token was not made with the secret of key id ${keyIdOf(ask)} that is set here, or not within a day; ${SAME_SECRET}`;
  }
  const minutes = (Math.abs(apart) * WINDOW_MS) / 60_000;
  const far = minutes < 120 ? `${minutes} minutes` : `${(minutes / 60).toFixed(1)} hours`;
  const when = apart < 0 ? `is about ${far} old` : `is made for about ${far} from now`;
  return `its token ${when}: set the clocks of both hosts, which may be 5 minutes apart, unless an old ask came again`;
}

/** Who is answered, for the line at the start. */
export function answeredTo(trusted: Trusted): string {
  const whom: string[] = [];
  if (trusted.keys !== undefined) whom.push(`whoever has a token of key id ${quotedIds(trusted)}`);
  if (trusted.rule !== undefined || trusted.peers.length > 0) {
    whom.push(`whoever is ${membersOf(trusted)} and came through no proxy and no browser`);
  }
  if (whom.length === 0) return NOBODY;
  return `asks for error trees are answered to ${whom.join(", and to ")}`;
}

function membersOf({ rule, peers }: Trusted): string {
  const members: string[] = [];
  if (rule === "loopback") members.push("on this host");
  if (rule === "private") members.push("at a private address");
  if (peers.length > 0) members.push(`in ${peers.join(", ")}`);
  return members.join(" or ");
}

function quotedIds({ keys }: Trusted): string {
  return (keys?.keyIds ?? []).map((id) => `"${id}"`).join(" or ");
}

/** The key id that an ask names, cut, because it comes from a peer. */
function keyIdOf({ key = "" }: RefusedAsk): string {
  return JSON.stringify(key.slice(0, key.indexOf(":")).slice(0, 16));
}
