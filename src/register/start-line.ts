// Says in one line what is on: a person who has started a program with one flag sees that it works, and where to look.
import { getStringFromEnv, getStringListFromEnv } from "@opentelemetry/core";
import { type ResolvedOptions, resolveOptions } from "../options/options.ts";
import { AUTO, type Found } from "./instrumentations.ts";

const PATH = "/v1/traces";

/** `on (service checkout, 12 instrumentations, answers callers on this host, exports to http://localhost:4318/v1/traces)` */
export function startLine(service: string, found: Found): string {
  return `on (${[`service ${service}`, instrumentations(found), answers(), exportsTo()].join(", ")})`;
}

function instrumentations({ instrumentations: { length }, from }: Found): string {
  if (length === 0) return `no instrumentations: npm install ${AUTO}`;
  return `${length} instrumentations${from === undefined ? "" : ` of ${from}`}`;
}

/** What is wrong with the variables is said where the options are used. */
function answers(): string {
  const { trust, trustedPeers = [], secret }: ResolvedOptions = resolveOptions({}, () => {});
  const whom: string[] = [];
  if (secret !== undefined) whom.push("with the secret");
  if (trust === "loopback") whom.push("on this host");
  if (trust === "private") whom.push("at private addresses");
  if (trustedPeers.length > 0) whom.push(`in ${trustedPeers.join(" and ")}`);
  return whom.length === 0 ? "answers nobody yet" : `answers callers ${whom.join(" or ")}`;
}

function exportsTo(): string {
  const names = getStringListFromEnv("OTEL_TRACES_EXPORTER") ?? ["otlp"];
  if (names[0] === "none") return "exports nothing";
  return `exports to ${names.map((name) => (name === "otlp" ? otlpEndpoint() : name)).join(" and ")}`;
}

/** Without user, password and query, in which keys may stand. */
function otlpEndpoint(): string {
  const own = getStringFromEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const all = getStringFromEnv("OTEL_EXPORTER_OTLP_ENDPOINT");
  const protocol =
    getStringFromEnv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? getStringFromEnv("OTEL_EXPORTER_OTLP_PROTOCOL");
  const isGrpc = protocol === "grpc";
  const endpoint = own ?? all ?? (isGrpc ? "http://localhost:4317" : "http://localhost:4318");
  try {
    const { protocol: scheme, host, pathname } = new URL(endpoint);
    const base = `${scheme}//${host}`;
    if (isGrpc) return base;
    return own === undefined ? `${base}${pathname.replace(/\/$/, "")}${PATH}` : `${base}${pathname}`;
  } catch {
    return "an endpoint that is no URL";
  }
}
