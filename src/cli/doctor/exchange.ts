// Sends one HTTP request of the doctor, and returns the response head as it was on the wire.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { reasonOf } from "../reason.ts";

/** Where requests go, and the fields of all of them. */
export interface Target {
  readonly url: URL;
  readonly method: string;
  /** Fields in addition to those of the doctor. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Time limit of one request, with its body. */
  readonly timeoutMs: number;
}

/** A response; its body was read and thrown away. */
export interface Response {
  readonly status: number;
  /** Names and values in turn, as they were received. */
  readonly rawHeaders: readonly string[];
  /** Bytes of the header block, with the status line and the empty line at the end. */
  readonly headBytes: number;
  /** Our clock when the request was sent and when the head arrived, in milliseconds since the epoch. */
  readonly sentAt: number;
  readonly headAt: number;
  /** The body ended in time. */
  readonly ended: boolean;
}

/** There was no response; `fault` says why, in the words of the system. */
export interface NoResponse {
  readonly fault: string;
  /** The request was sent; false if there was not even a connection. */
  readonly sent: boolean;
}

export function isResponse(reply: Response | NoResponse): reply is Response {
  return "status" in reply;
}

/** Larger than node's default: a head that others would refuse is measured too. */
const MOST_HEAD_BYTES = 64 * 1024;

/** Sends one request on its own connection. Redirects are not followed. Never throws for an error of the network. */
export async function send(
  { url, method, fields, body, timeoutMs }: Target,
  more: Readonly<Record<string, string>>,
  now: () => number,
): Promise<Response | NoResponse> {
  const client = url.protocol === "https:" ? https : http;
  const signal = AbortSignal.timeout(timeoutMs);
  const sentAt = now();
  let request: http.ClientRequest | undefined;
  let response: http.IncomingMessage | undefined;
  try {
    request = client.request(url, {
      method,
      agent: false,
      maxHeaderSize: MOST_HEAD_BYTES,
      signal,
      headers: { accept: "*/*", "user-agent": "error-tree-doctor", ...fields, ...more },
    });
    // An error after the head was read changes nothing.
    request.on("error", () => {});
    request.end(body);
    [response] = (await once(request, "response")) as [http.IncomingMessage];
    const headAt = now();
    const ended = await readToEnd(response);
    const { statusCode = 0, rawHeaders } = response;
    return { status: statusCode, rawHeaders, headBytes: headBytes(response), sentAt, headAt, ended };
  } catch (error) {
    const fault = signal.aborted ? `no response within ${timeoutMs / 1000} s` : reasonOf(error);
    return { fault, sent: request?.writableFinished === true };
  } finally {
    response?.destroy();
  }
}

async function readToEnd(response: http.IncomingMessage): Promise<boolean> {
  try {
    response.resume();
    await once(response, "end");
    return response.complete;
  } catch {
    return false;
  }
}

/** Node reads heads in Latin-1, so a character is a byte. */
function headBytes({ httpVersion, statusCode, statusMessage, rawHeaders }: http.IncomingMessage): number {
  let bytes = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n\r\n`.length;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) bytes += fieldBytes(rawHeaders[i], rawHeaders[i + 1]);
  return bytes;
}

function fieldBytes(name = "", value = ""): number {
  return name.length + value.length + ": \r\n".length;
}
