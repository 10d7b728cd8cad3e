// Reads the status with which a call was answered: HTTP or gRPC, by any name that the conventions have had for it.
import { type Code, codeFromName, codeFromNumber } from "./code.ts";

type Attributes = Readonly<Record<string, unknown>>;

/**
 * HTTP response status by any of its attribute names, newest first; `undefined` if there is none. Instrumentations write that of
 * early hints, too, after which no response may have come.
 */
export function httpStatusOf(attributes: Attributes): number | undefined {
  const status =
    statusNumber(attributes["http.response.status_code"]) ?? statusNumber(attributes["http.status_code"]);
  return status !== undefined && isInformational(status) ? undefined : status;
}

/** True for a status that comes before the response. After 101 (Switching Protocols) no other one comes. */
export function isInformational(status: number): boolean {
  return status >= 100 && status < 200 && status !== 101;
}

/** gRPC outcome by any of its attribute names, newest first; `undefined` if there is none. */
export function rpcStatusOf(attributes: Attributes): Code | undefined {
  const value = attributes["rpc.response.status_code"] ?? attributes["rpc.grpc.status_code"];
  const number = statusNumber(value);
  if (number === undefined) return typeof value === "string" ? codeFromName(value) : undefined;
  // gRPC takes a number that it does not know for UNKNOWN.
  return codeFromNumber(number) ?? (number > 0 ? "unknown" : undefined);
}

/** Numbers from here on are statuses of gRPC: see {@link statusOfRpc}. */
const RPC = 1000;
const OK_STATUS = 200;
const UNKNOWN = 2;

/**
 * A status of gRPC in the numbers in which transports report statuses: as with those of HTTP, what is 400 or more is a failure.
 * OK is 200, any other status 1000 and its number, and one that gRPC does not know counts as UNKNOWN.
 */
export function statusOfRpc(code: number): number {
  if (code === 0) return OK_STATUS;
  return RPC + (codeFromNumber(code) === undefined ? UNKNOWN : code);
}

/** The code of a failing status of gRPC; `undefined` for any other status. */
export function rpcCodeOf(status: number): Code | undefined {
  return status > RPC ? codeFromNumber(status - RPC) : undefined;
}

/** A status as number or digits; `undefined` for anything else. */
export function statusNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (typeof value !== "string" || value === "" || value.length > 3) return undefined;
  // Asked several times of every span: a loop takes a third of the time of a regular expression.
  let status = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    status = status * 10 + digit;
  }
  return status;
}
