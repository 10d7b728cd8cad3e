// Decides about asks on requests that cannot be seen before their head is written, from span and fields alone.
import type { Attributes } from "@opentelemetry/api";
import type { AskableHosts } from "../trust/trust.ts";
import { HEAD_BYTES } from "./asks.ts";

/** Most bytes of an ask that we write, with the longest service name and key. */
const ASK_BYTES = 400;

/**
 * True if node:http shows every request before its head is written, as it does from Node 22.12 on. Other runtimes have the
 * module, but not the channel.
 */
export const SEES_REQUESTS: boolean = seesRequests(process.versions);

/** Exported for tests. */
export function seesRequests(versions: Readonly<Record<string, string | undefined>>): boolean {
  if (versions.bun !== undefined || versions.deno !== undefined) return false;
  const [major = 0, minor = 0] = (versions.node ?? "").split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

/** True if a client span names a host that may be asked. */
export function namesAskable(attributes: Attributes, hosts: AskableHosts): boolean {
  const host = attributes["server.address"] ?? attributes["net.peer.name"];
  return typeof host === "string" && hosts.has(host);
}

/** True if node:http writes the head before anybody can see the request. */
export function isSentAtOnce(fields: object): boolean {
  for (const name in fields) if (name.length === 6 && name.toLowerCase() === "expect") return true;
  return false;
}

/**
 * True if everything in span and fields agrees that the request goes to a host that may be asked. That is less than a transport
 * knows: the host of the span is cut at a colon, and an agent may connect to any other host.
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

/** The `host:port` of a URL; `undefined` if the URL's host is another one. */
function authorityOf(url: string, host: string): string | undefined {
  const [, authority, found] = AUTHORITY.exec(url) ?? [];
  return found === host || found === `[${host}]` ? authority : undefined;
}
