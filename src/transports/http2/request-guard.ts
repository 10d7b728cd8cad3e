// Stands before the heads of all requests of node:http2, which are made when their connection is there.
import type { Registry } from "../../registry.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import { replace, report } from "../http/guard.ts";
import { type FieldList, isFieldList } from "./field-list.ts";
import { sessionPrototype } from "./native.ts";

/** What is sent in place of a head, and what is reported of it. */
export interface ChangedHead {
  readonly list: FieldList;
  /** It was given to node, whose own object beneath the stream this is. */
  sent(stream: object): void;
}

/** The client side of one set-up. */
export interface Http2ClientSide {
  /** The head of a request was made, and is not sent; `session` is node's own object beneath the session. */
  headMade(session: object, list: FieldList): ChangedHead | undefined;
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

const GUARD = "http2Clients";

type Request = (this: object, list: unknown, ...args: unknown[]) => unknown;

/** Has the set-up see heads until the returned function is called. */
export function guardHttp2Requests(side: Http2ClientSide, shared: Registry): () => void {
  const sides = shared.http2Clients;
  sides.add(side);
  return () => void sides.delete(side);
}

/** Stands before node's own function, once. Called before a head may carry something of ours, as it costs some milliseconds. */
export function standBeforeRequests(shared: Registry): void {
  if (shared.guards.has(GUARD)) return;
  const sides = shared.http2Clients as ReadonlySet<Http2ClientSide>;
  try {
    const prototype = sessionPrototype() as { request: Request } | undefined;
    if (prototype === undefined) return;
    const { request } = prototype;
    replace(prototype, {
      request(this: object, list: unknown, ...args: unknown[]): unknown {
        const changed =
          isFieldList(list) && list[0].includes(HEADER_NAME) ? change(this, list, sides) : undefined;
        if (changed === undefined) return request.call(this, list, ...args);
        const stream = request.call(this, changed.list, ...args);
        // A number says what was wrong.
        if (typeof stream === "object" && stream !== null) changed.sent(stream);
        return stream;
      },
    });
  } catch (error) {
    for (const side of sides) report(side, "node:http2", error);
  }
  shared.guards.add(GUARD);
}

function change(
  session: object,
  list: FieldList,
  sides: ReadonlySet<Http2ClientSide>,
): ChangedHead | undefined {
  for (const side of sides) {
    try {
      const changed = side.headMade(session, list);
      if (changed !== undefined) return changed;
    } catch (error) {
      report(side, "a request's head", error);
    }
  }
  return undefined;
}
