// Reads the errors that clients of gRPC and of ConnectRPC throw: their code is the number of a status, with which their message begins.
import { type Code, codeFromName, codeFromNumber } from "./code.ts";
import { statusNumber } from "./response-status.ts";

/** What such an error says. */
export interface RpcError {
  readonly code: Code;
  /** Its message without the status; `undefined` if it says nothing else. */
  readonly message: string | undefined;
}

/** As grpc-js begins them: `5 NOT_FOUND: no such cart`. */
const GRPC = /^(\d{1,2}) ([A-Z_]{2,20})(?:: ?|$)/;
/** As Connect begins them: `[not_found] no such cart`. */
const CONNECT = /^\[([a-z_]{2,20})\](?: |$)/;

/**
 * The status of an error whose code, or whose type where it was recorded, is a number: by the number alone it could be anything,
 * such as the exit code of a program, so that the message has to name the same status. `undefined` for any other error.
 */
export function rpcErrorOf(code: unknown, message: string): RpcError | undefined {
  const number = statusNumber(code);
  const status = number === undefined ? undefined : codeFromNumber(number);
  if (status === undefined || status === "ok") return undefined;
  const said = statusIn(message);
  return said?.code === status ? said : undefined;
}

/** The status with which a message begins, if any. */
export function statusIn(message: string): RpcError | undefined {
  const ofGrpc = GRPC.exec(message);
  const [prefix = "", name = ""] = ofGrpc === null ? (CONNECT.exec(message) ?? []) : [ofGrpc[0], ofGrpc[2]];
  const code = codeFromName(name);
  if (code === undefined || (ofGrpc !== null && codeFromNumber(Number(ofGrpc[1])) !== code)) return undefined;
  return { code, message: message.slice(prefix.length) || undefined };
}
