// Reads the ask of a request, and writes the answer when the head is written: the server side of node:http2.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { ResponseEnd } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import type { AskingRequest } from "../../trust/doubt.ts";
import { AnswerableExchange, type HttpServerParts } from "../http/exchange.ts";
import { resetBy } from "./resets.ts";
import { guardHttp2Servers, type IncomingStream } from "./server-guard.ts";

/** Adds answers to the streams of all servers until the returned function is called; afterwards asks are still hidden. */
export function observeHttp2Servers(parts: HttpServerParts): () => void {
  const { exchanges, health } = parts;
  return guardHttp2Servers(
    {
      begin(incoming) {
        if (parts.isOpen?.() === false) return undefined;
        const exchange = new Http2Exchange(incoming, parts);
        exchanges.set(incoming.headers, exchange);
        return exchange;
      },
      failed: (place, error) => health.failed(place, error),
    },
    registry(),
  );
}

/** One request, which is one stream. */
class Http2Exchange extends AnswerableExchange {
  #stream: ServerHttp2Stream | undefined;
  #headers: IncomingHttpHeaders | undefined;

  constructor({ stream, headers, field }: IncomingStream, parts: HttpServerParts) {
    super(field, parts);
    this.#stream = stream;
    this.#headers = headers;
  }

  responseEnd(): ResponseEnd {
    const stream = this.#stream;
    if (stream === undefined) return "finished";
    const isOver = stream.closed || stream.destroyed;
    if (!isOver) return stream.writableFinished ? "finished" : "open";
    // A stream that is closed is ended by node, so it is finished, too. It was aborted if the program had not ended it.
    if (stream.writableFinished && !stream.aborted) return "finished";
    return resetBy(stream) === "us" ? "broken" : "caller-left";
  }

  override release(): void {
    super.release();
    this.#stream = undefined;
    this.#headers = undefined;
  }

  protected override request(): AskingRequest | undefined {
    const { session } = this.#stream ?? {};
    const headers = this.#headers;
    if (session === undefined || headers === undefined) return undefined;
    return { rawHeaders: rawOf(headers), url: headers[":path"], socket: session.socket } as AskingRequest;
  }

  protected override urlLength(): number {
    return this.#headers?.[":path"]?.length ?? 0;
  }
}

/** As HTTP/1.1 has them: who is asked stands in `Host`. */
function rawOf(headers: IncomingHttpHeaders): string[] {
  const raw: string[] = [];
  const { ":authority": authority, host } = headers;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || name === "host") continue;
    for (const one of Array.isArray(value) ? value : [value]) raw.push(name, String(one));
  }
  if (authority !== undefined) raw.push("host", authority);
  if (host !== undefined && host !== authority) raw.push("host", host);
  return raw;
}
