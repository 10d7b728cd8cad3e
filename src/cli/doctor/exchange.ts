// One HTTP request of the doctor, and the head that came back as it stood on the wire.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { reasonOf } from "../reason.ts";

/** Where requests go, and what all of them carry. */
export interface Target {
  readonly url: URL;
  readonly method: string;
  /** Fields beside those of the doctor. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** How long one request may take, body included. */
  readonly timeoutMs: number;
}

/** A response, its body read and thrown away. */
export interface Response {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Bytes of the header block, with the status line and the empty line behind it. */
  readonly headBytes: number;
  /** Our clock when the request left and when the head was here, in milliseconds since the epoch. */
  readonly sentAt: number;
  readonly headAt: number;
  /** The body ended in time. */
  readonly ended: boolean;
}

/** There was no response; `fault` says why, in the words of the system. */
export interface NoResponse {
  readonly fault: string;
  /** The request went out; false where not even a connection came about. */
  readonly sent: boolean;
}

export function isResponse(reply: Response | NoResponse): reply is Response {
  return "status" in reply;
}

/** A head that others would refuse is measured all the same. */
const MOST_HEAD_BYTES = 64 * 1024;

/** Sends one request on a connection of its own. Redirects are not followed. Never throws for what the network does. */
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
    // What goes wrong after the head was read is no news.
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

/** Node reads heads as Latin-1: a unit is a byte. */
function headBytes({ httpVersion, statusCode, statusMessage, rawHeaders }: http.IncomingMessage): number {
  let bytes = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n\r\n`.length;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) bytes += fieldBytes(rawHeaders[i], rawHeaders[i + 1]);
  return bytes;
}

function fieldBytes(name = "", value = ""): number {
  return name.length + value.length + ": \r\n".length;
}
