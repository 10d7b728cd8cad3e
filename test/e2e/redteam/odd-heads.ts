// Heads written in ways that node takes or refuses: whatever it does, the library must not change it.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Writes a head; gives what else the body is to tell. */
type Way = (response: ServerResponse) => unknown;

/** `writeHead` with arguments that its types do not know. */
function write(response: ServerResponse, ...args: unknown[]): void {
  (response.writeHead as (...args: unknown[]) => void).apply(response, args);
}

/** Counts how often node, or whoever stands before it, reads a value. */
function counted(): { readonly headers: object; readonly reads: () => number } {
  let reads = 0;
  const headers = {
    get a() {
      reads++;
      return `read ${reads}`;
    },
    b: "2",
  };
  return { headers, reads: () => reads };
}

export const WAYS: Readonly<Record<string, Way>> = {
  "two objects": (response) => write(response, 500, { a: "1" }, { b: "2" }),
  "an object and undefined": (response) => write(response, 500, { a: "1" }, undefined),
  "an object and null": (response) => write(response, 500, { a: "1" }, null),
  "undefined and an object": (response) => write(response, 500, undefined, { a: "1" }),
  "null and an object": (response) => write(response, 500, null, { a: "1" }),
  "a reason and an object": (response) => write(response, 500, "Because", { a: "1" }),
  "a reason, an object and another": (response) => write(response, 500, "Because", { a: "1" }, { b: "2" }),
  "an empty reason and an object": (response) => write(response, 500, "", { a: "1" }),
  "a number as reason": (response) => write(response, 500, 7, { a: "1" }),
  "an object as reason, and an array": (response) => write(response, 500, { a: "1" }, ["b", "2"]),
  "a reason with a line's end": (response) => write(response, 500, "Be\r\ncause", { a: "1" }),
  "a status as text": (response) => write(response, "500", { a: "1" }),
  "a status that is none": (response) => write(response, 99, { a: "1" }),
  "a broken status": (response) => write(response, 500.7, { a: "1" }),
  "a getter": (response) => {
    const { headers, reads } = counted();
    write(response, 500, headers);
    return reads();
  },
  "a getter behind a reason": (response) => {
    const { headers, reads } = counted();
    write(response, 500, "Because", headers);
    return reads();
  },
  "a getter that throws": (response) =>
    write(response, 500, {
      get a(): string {
        throw new Error("nobody reads me");
      },
    }),
  "a getter beside fields that were set": (response) => {
    response.setHeader("c", "3");
    const { headers, reads } = counted();
    write(response, 500, headers);
    return reads();
  },
  "a proxy that counts": (response) => {
    let reads = 0;
    const headers = new Proxy({ a: "1" } as Record<string, string>, {
      get(target, name) {
        reads++;
        return Reflect.get(target, name);
      },
    });
    write(response, 500, headers);
    return reads;
  },
  "an object without a prototype": (response) =>
    write(response, 500, Object.assign(Object.create(null), { a: "1" })),
  "inherited fields": (response) => write(response, 500, Object.create({ a: "1" })),
  "fields that are not enumerable": (response) =>
    write(response, 500, Object.defineProperty({ b: "2" }, "a", { value: "1", enumerable: false })),
  "a symbol as name": (response) => write(response, 500, { [Symbol("a")]: "1", b: "2" }),
  "a frozen object": (response) => write(response, 500, Object.freeze({ a: "1" })),
  "Headers of fetch": (response) => write(response, 500, new Headers({ a: "1" })),
  "Headers that were set": (response) => {
    response.setHeaders(new Headers({ a: "1", b: "2" }));
    write(response, 500);
  },
  "a Map": (response) => write(response, 500, new Map([["a", "1"]])),
  "a flat array": (response) =>
    write(response, 500, ["a", "1", "a", "2", "set-cookie", "x=1", "set-cookie", "y=2"]),
  "a flat array with a value too few": (response) => write(response, 500, ["a", "1", "b"]),
  "a nested array": (response) =>
    write(response, 500, [
      ["a", "1"],
      ["a", "2"],
    ]),
  "a nested array with a value too many": (response) => write(response, 500, [["a", "1", "2"]]),
  "an empty array": (response) => write(response, 500, []),
  "an array beside fields that were set": (response) => {
    response.setHeader("a", "0");
    response.setHeader("set-cookie", ["x=1", "y=2"]);
    write(response, 500, ["a", "1", "a", "2"]);
  },
  "a value that is no text": (response) => write(response, 500, { a: 1, b: true, c: null }),
  "a value that is undefined": (response) => write(response, 500, { a: undefined }),
  "a value with a line's end": (response) => write(response, 500, { a: "1\r\nb: 2" }),
  "a name with a space": (response) => write(response, 500, { "a b": "1" }),
  "several values": (response) =>
    write(response, 500, { a: ["1", "2"], "set-cookie": ["x=1", "y=2"] } satisfies OutgoingHttpHeaders),
  "a text as headers": (response) => write(response, 500, "Because", "a: 1"),
  "a number as headers": (response) => write(response, 500, 1),
  twice: (response) => {
    write(response, 500, { a: "1" });
    write(response, 404, { b: "2" });
  },
  "by statusCode alone": (response) => {
    response.statusCode = 500;
    response.setHeader("a", "1");
  },
  "204 with a length": (response) => write(response, 204, { "content-length": "0" }),
  304: (response) => write(response, 304, { etag: "1" }),
  "early hints before": (response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    write(response, 500, { a: "1" });
  },
  "processing and continue before": (response) => {
    response.writeProcessing();
    response.writeContinue();
    write(response, 500, { a: "1" });
  },
  "an informational status": (response) => write(response, 103, { a: "1" }),
  "Trailer announced": (response) => {
    write(response, 500, { trailer: "a", "transfer-encoding": "chunked" });
    response.addTrailers({ a: "1" });
  },
  "trailers in a nested array": (response) => {
    write(response, 500, { "transfer-encoding": "chunked" });
    (response.addTrailers as (trailers: unknown) => void)([["a", "1"]]);
  },
  "trailers that are none": (response) => {
    write(response, 500, { "transfer-encoding": "chunked" });
    (response.addTrailers as (trailers: unknown) => void)(null);
  },
};

/** Ends the response in any case; the body says what was thrown. */
export async function writeOddly(way: string, response: ServerResponse): Promise<void> {
  let said: unknown;
  try {
    said = WAYS[way]?.(response);
  } catch (error) {
    said = `${(error as Error).name} ${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  response.end(JSON.stringify(said ?? "done"));
}
