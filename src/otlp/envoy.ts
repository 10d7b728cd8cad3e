// Explains the response flags of Envoy, by which it says why it answered itself or gave up.
import type { Code } from "../spans/code.ts";

/** What a flag means. */
interface Flag {
  readonly code: Code;
  readonly text: string;
}

/** Source: Envoy's documentation, "Access logging", %RESPONSE_FLAGS%. */
const FLAGS: Readonly<Record<string, Flag>> = {
  UH: { code: "unavailable", text: "no healthy upstream" },
  UF: { code: "unavailable", text: "upstream connection failure" },
  UO: { code: "unavailable", text: "upstream overflow: the circuit breaker is open" },
  NR: { code: "not-found", text: "no route for the request" },
  URX: { code: "unavailable", text: "upstream retry limit or connect attempts exceeded" },
  NC: { code: "unavailable", text: "upstream cluster not found" },
  DT: { code: "deadline-exceeded", text: "request or connection lasted too long" },
  DC: { code: "cancelled", text: "downstream closed the connection" },
  LH: { code: "unavailable", text: "local service failed its health check" },
  UT: { code: "deadline-exceeded", text: "upstream request timeout" },
  LR: { code: "unavailable", text: "connection reset locally" },
  UR: { code: "unavailable", text: "connection reset by upstream" },
  UC: { code: "unavailable", text: "upstream closed the connection" },
  FI: { code: "unavailable", text: "fault injected by configuration" },
  RL: { code: "resource-exhausted", text: "rate limit reached" },
  UAEX: { code: "permission-denied", text: "denied by the authorization service" },
  RLSE: { code: "internal", text: "error in the rate limit service" },
  IH: { code: "invalid-argument", text: "invalid value of a strictly checked header" },
  SI: { code: "deadline-exceeded", text: "stream idle timeout" },
  DPE: { code: "invalid-argument", text: "error in the protocol of the downstream request" },
  UPE: { code: "unavailable", text: "error in the protocol of the upstream response" },
  UMSDR: { code: "deadline-exceeded", text: "longest time of an upstream stream reached" },
  OM: { code: "resource-exhausted", text: "refused by the overload manager" },
  DO: { code: "unavailable", text: "dropped because upstream is overloaded" },
  DF: { code: "unavailable", text: "name could not be resolved" },
  DR: { code: "cancelled", text: "downstream reset the stream" },
  UDO: { code: "resource-exhausted", text: "refused by the overload manager" },
};

/** The first flag that explains a failure; `undefined` if there is none. */
export function failureFlag(flags: unknown): Flag | undefined {
  if (typeof flags !== "string") return undefined;
  for (const flag of flags.split(",", 20)) {
    const name = flag.trim();
    const known = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (known !== undefined) return { ...known, text: `${known.text} (${name})` };
  }
  return undefined;
}
