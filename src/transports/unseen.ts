// Requests that no transport shows before their head is written: what is known of them then.
import type { Attributes } from "@opentelemetry/api";
import type { AskableHosts } from "../trust/trust.ts";
import { HEAD_BYTES } from "./asks.ts";

/** Longest ask that we write: no service name and no key is longer. */
const ASK_BYTES = 400;

/**
 * True when node:http shows every request before its head is written: from Node 22.12 on. Other runtimes have the modules, but
 * not the channel.
 */
export const SEES_REQUESTS: boolean = seesRequests(process.versions);

/** Exported for tests. */
export function seesRequests(versions: Readonly<Record<string, string | undefined>>): boolean {
  if (versions.bun !== undefined || versions.deno !== undefined) return false;
  const [major = 0, minor = 0] = (versions.node ?? "").split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

/** True when a client span names a host that may be asked. */
export function namesAskable(attributes: Attributes, hosts: AskableHosts): boolean {
  const host = attributes["server.address"] ?? attributes["net.peer.name"];
  return typeof host === "string" && hosts.has(host);
}

/** True when node:http writes the head before anybody gets to see the request. */
export function isSentAtOnce(fields: object): boolean {
  for (const name in fields) if (name.length === 6 && name.toLowerCase() === "expect") return true;
  return false;
}

/**
 * True when everything that span and fields say of a request agrees that it goes to a host that may be asked. It is less than
 * the transport knows: the host of the span is cut at a colon, and an agent may lead anywhere.
 */
export function mayAskUnseen(attributes: Attributes, fields: object, hosts: AskableHosts): boolean {
  if (!namesAskable(attributes, hosts) || isSentAtOnce(fields)) return false;
  const host = (attributes["server.address"] ?? attributes["net.peer.name"]) as string;
  const url = attributes["url.full"] ?? attributes["http.url"];
  const authority = typeof url === "string" ? authorityOf(url, host) : host;
  if (authority === undefined || !hosts.hasAuthority(authority)) return false;
  let bytes = typeof url === "string" ? url.length : 0;
  for (const name in fields) {
    const value = (fields as Record<string, unknown>)[name];
    bytes += name.length + String(value).length + 4;
    const lower = name.toLowerCase();
    if (lower === "upgrade") return false;
    if (lower !== "host") continue;
    if (typeof value !== "string" || !hosts.hasAuthority(value)) return false;
  }
  return bytes <= HEAD_BYTES - ASK_BYTES;
}

const AUTHORITY = /^https?:\/\/(?:[^/?#@]*@)?((\[[^\]/?#@]*\]|[^:/?#@]*)(?::\d{1,5})?)(?=[/?]|$)/i;

/** The `host:port` of a URL; `undefined` if its host is not just that one. */
function authorityOf(url: string, host: string): string | undefined {
  const [, authority, found] = AUTHORITY.exec(url) ?? [];
  return found === host || found === `[${host}]` ? authority : undefined;
}
