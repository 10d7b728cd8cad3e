// Finds the addresses and statuses that a text names.

import { type Address, bareHost, barePath } from "../../spans/call.ts";
import { type Code, codeFromName, codeFromNumber } from "../../spans/code.ts";

/** What texts name. */
export interface Mentions {
  readonly addresses: readonly Address[];
  readonly statuses: ReadonlySet<number>;
  readonly codes: ReadonlySet<Code>;
}

/** More addresses are not looked for in one text. */
const MOST_ADDRESSES = 16;

/** What some texts name, each in the form that `wordsOf` gives it. */
export function mentionsOf(texts: readonly string[]): Mentions {
  const addresses: Address[] = [];
  const statuses = new Set<number>();
  const codes = new Set<Code>();
  for (const text of texts) {
    findAddresses(text, addresses);
    findStatuses(text, statuses);
    findCodes(text, codes);
  }
  return { addresses, statuses, codes };
}

const URLS =
  /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^/?#@\s"'<>]*@)?(\[[0-9a-f:.%]+\]|[^/:?#\s"'<>()[\]{},;]+)(?::(\d{1,5}))?(\/[^?#\s"'<>()[\]{},;]*)?/g;
/** A name or an address of IPv4 with its port. */
const WITH_PORT = /(?<![\w.:@/-])([a-z0-9](?:[\w.-]*[a-z0-9])?):(\d{2,5})(?![\w-]|[.:]\w)/g;
/** An address of IPv6 with its port, as node writes it: `::1:3000`; others have it in brackets. */
const IPV6 = /(?<![\w.:])\[?((?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})\]?:(\d{2,5})(?![\w:])/g;
/** Names with a dot between letters, and addresses of IPv4. */
const DOTTED =
  /(?<![\w.@/:-])((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?![\w:/@-]|\.\w)/g;

function findAddresses(text: string, found: Address[]): void {
  let rest = text;
  for (const [all, host = "", port, path] of text.matchAll(URLS)) {
    if (found.length >= MOST_ADDRESSES) return;
    found.push(addressOf(host, port, path));
    rest = rest.replace(all, " ");
  }
  for (const pattern of [IPV6, WITH_PORT]) {
    for (const [, host = "", port] of rest.matchAll(pattern)) {
      if (found.length >= MOST_ADDRESSES) return;
      found.push(addressOf(host, port, undefined));
    }
  }
  for (const [, host = ""] of rest.matchAll(DOTTED)) {
    if (found.length >= MOST_ADDRESSES) return;
    found.push(addressOf(host, undefined, undefined));
  }
}

function addressOf(host: string, port: string | undefined, path: string | undefined): Address {
  return {
    host: bareHost(host),
    ...(port === undefined ? undefined : { port: Number(port) }),
    ...(path === undefined || path === "/" ? undefined : { path: barePath(path.replace(/[.:!]+$/, "")) }),
  };
}

/** `status code 503`, `answered 503`, `response code: 503`, `http/1.1 503`. */
const AFTER_A_WORD =
  /(?<![a-z])(?:status|code|answer(?:ed|s)?|respon(?:se|ded|ds)|return(?:ed|s)?|replie[ds]|reply|got|received|http(?:\/\d(?:\.\d)?)?|statuscode)(?:(?:\s*[:=("'-]\s*|\s+)(?:(?:with|was|is|of|an?|the|http|status|code|error)(?:\s*[:=]\s*|\s+))*)([45]\d\d)(?!\d|[.,]\d|\w)/g;
const BEFORE_ITS_PHRASE = /(?<![\w.])([45]\d\d)[\s:,("'-]{1,3}([a-z][a-z' -]{3,30})/g;

/** Source: RFC 9110, section 15. */
const PHRASES: Readonly<Record<number, string>> = {
  400: "bad request",
  401: "unauthorized",
  402: "payment required",
  403: "forbidden",
  404: "not found",
  405: "method not allowed",
  406: "not acceptable",
  408: "request timeout",
  409: "conflict",
  410: "gone",
  412: "precondition failed",
  413: "payload too large",
  415: "unsupported media type",
  422: "unprocessable",
  423: "locked",
  424: "failed dependency",
  429: "too many requests",
  500: "internal server error",
  501: "not implemented",
  502: "bad gateway",
  503: "service unavailable",
  504: "gateway time",
  507: "insufficient storage",
};

function findStatuses(text: string, found: Set<number>): void {
  for (const [, status] of text.matchAll(AFTER_A_WORD)) found.add(Number(status));
  for (const [, status, words = ""] of text.matchAll(BEFORE_ITS_PHRASE)) {
    const phrase = PHRASES[Number(status)];
    if (phrase !== undefined && words.startsWith(phrase)) found.add(Number(status));
  }
}

/** As grpc-js writes it: `14 UNAVAILABLE: no connection established`. */
const GRPC = /(?<![\w.])(\d{1,2}) ([a-z_]{5,20})(?=[:\s]|$)/g;

function findCodes(text: string, found: Set<Code>): void {
  for (const [, number, name = ""] of text.matchAll(GRPC)) {
    const code = codeFromName(name);
    if (code !== undefined && codeFromNumber(Number(number)) === code) found.add(code);
  }
}
