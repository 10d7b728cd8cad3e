// The ways in which programs write a head by node:http: as they should, as they happen to, and wrongly.
import type { ServerResponse } from "node:http";

/** Writes down what the program notices: which of its getters ran, what was thrown. */
type Log = (line: string) => void;

/** One way of writing a head. */
type HeadForm = (response: ServerResponse, log: Log) => unknown;

/** Arguments of `writeHead` of any types. */
function write(response: ServerResponse, ...args: unknown[]): unknown {
  return (response.writeHead as (...args: unknown[]) => unknown)(...args);
}

/** An object that writes down every reading of its values. */
function watched(log: Log, values: Readonly<Record<string, unknown>>): object {
  const object = {};
  for (const name of Object.keys(values)) {
    Object.defineProperty(object, name, {
      enumerable: true,
      get() {
        log(`read ${name}`);
        const value = values[name];
        if (value instanceof Error) throw value;
        return value;
      },
    });
  }
  return object;
}

/** The same as a proxy. Names in a list are looked at more than once, by node as well. */
function proxied(log: Log, values: object): object {
  return new Proxy(values, {
    get(target, name) {
      if (!Array.isArray(values) || Number(name) % 2 === 1) log(`get ${String(name)}`);
      return Reflect.get(target, name);
    },
  });
}

/** A text that writes down whenever it is asked for. */
function text(log: Log, value: string): object {
  return {
    toString() {
      log("text");
      return value;
    },
  };
}

function fail(message: string): never {
  throw new Error(message);
}

const A = { "x-a": "1", "X-B": "2" };
const FLAT = ["x-a", "1", "X-B", "2", "set-cookie", "a=1", "set-cookie", "b=2", "vary", "accept"];
const NESTED = [
  ["x-a", "1"],
  ["X-B", "2"],
  ["set-cookie", "a=1"],
  ["set-cookie", "b=2"],
  ["Vary", "accept"],
];

/** Headers in all shapes, right ones and wrong ones. */
const HEADERS: Readonly<Record<string, (log: Log) => unknown>> = {
  "an object": () => A,
  "an empty object": () => ({}),
  "an object without a prototype": () => Object.assign(Object.create(null), A),
  "an object with inherited fields": () =>
    Object.assign(Object.create({ "x-inherited": "no", vary: "no", "x-error-tree": "no" }), A),
  "an object with __proto__": () => JSON.parse('{"x-a":"1","__proto__":"2","constructor":"3"}'),
  "an object with symbols": () => ({ ...A, [Symbol("x")]: "no", [Symbol.iterator]: null }),
  "an object with hidden fields": () => Object.defineProperty({ ...A }, "x-hidden", { value: "no" }),
  "an object with numbers as names": () => ({ b: "1", 10: "2", 2: "3" }),
  "a frozen object": () => Object.freeze({ ...A, vary: "origin" }),
  "an object with lists": () => ({
    "set-cookie": ["a=1", "b=2"],
    Vary: ["a", "b"],
    "x-list": ["1"],
    "x-none": [],
  }),
  "an object with Vary in two spellings": () => ({ Vary: "a", "x-a": "1", vary: "b" }),
  "an object with Vary: *": () => ({ vary: "*" }),
  "an object with an empty Vary": () => ({ vary: "" }),
  "an object with numbers and other things": () => ({ a: 1, b: true, c: null, d: 10n, e: new Date(0) }),
  "an object with a URL": () => ({ location: new URL("http://shop.example/a?b=c") }),
  "an object with texts of its own": (log) => ({ "x-a": text(log, "1") }),
  "an object with undefined": () => ({ "x-a": "1", "x-b": undefined }),
  "an object with a symbol": () => ({ "x-a": Symbol("1") }),
  "an object with a function": () => ({ "x-a": () => 1 }),
  "an object with an empty name": () => ({ "": "1", "x-a": "2" }),
  "an object with a wrong name": () => ({ "x-a": "1", "x b": "2" }),
  "an object with a wrong value": () => ({ "x-a": "1\r\nx-b: 2" }),
  "an object with non-ASCII": () => ({ "x-a": "naïve" }),
  "an object with characters that no head can have": () => ({ "x-a": "\u{1f600}" }),
  "an object with content-disposition": () => ({
    "content-length": "5",
    "content-disposition": 'attachment; filename="é.txt"',
  }),
  "an object with a trailer that it cannot have": () => ({ "content-length": "5", trailer: "x-sum" }),
  "an object with getters": (log) => watched(log, { "x-a": "1", vary: "accept", "x-list": ["1", "2"] }),
  "an object whose getter throws": (log) =>
    watched(log, { "x-a": "1", "x-b": new RangeError("no value"), "x-c": "3" }),
  "an object whose getter throws what is no error": () => ({
    get "x-a"() {
      throw "a text";
    },
  }),
  "an object whose getter changes it": (log) => {
    let reads = 0;
    return {
      get "x-a"() {
        log("read x-a");
        reads++;
        return String(reads);
      },
    };
  },
  "an object whose text throws": () => ({ "x-a": { toString: () => fail("no text") } }),
  "a proxy": (log) => proxied(log, { ...A }),
  "a proxy of a list": (log) => proxied(log, ["x-a", "1", "x-b", "2"]),
  "a proxy whose names throw": () => new Proxy({}, { ownKeys: () => fail("no names") }),
  "a proxy whose values throw": () => new Proxy({ a: "1" }, { get: () => fail("no values") }),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an object of a class": () =>
    new (class {
      "x-a" = "1";
      get "x-not"() {
        return fail("not read");
      }
    })(),
  "a Headers": () => new Headers(A),
  "a Map": () => new Map(Object.entries(A)),
  "a list": () => FLAT,
  "a frozen list": () => Object.freeze([...FLAT]),
  "an empty list": () => [],
  "a list with lists": () => ["x-a", ["1", "2"], "set-cookie", ["a=1", "b=2"], "vary", ["a", "b"]],
  "a list with Vary twice": () => ["vary", "a", "x-a", "1", "Vary", "b"],
  "a list of odd length": () => ["x-a", "1", "x-b"],
  "a list of one": () => ["x-a"],
  "a list with holes": () => {
    const list = ["x-a", "1"];
    list[3] = "2";
    return list;
  },
  "a list with wrong names": () => ["x-a", "1", 7, "2"],
  "a list with an empty name": () => ["", "1", "x-a", "2"],
  "a list with undefined": () => ["x-a", undefined],
  "a list with a getter": (log) =>
    Object.defineProperty(["x-a", "1"], 1, {
      get() {
        log("read 1");
        return "2";
      },
    }),
  "a list whose getter throws": (log) =>
    Object.defineProperty(["x-a", "1", "x-b", "2"], 3, {
      get() {
        log("read 3");
        return fail("no item");
      },
    }),
  "a list of pairs": () => NESTED,
  "a list of one pair": () => [["x-a", "1"]],
  "a list of pairs with lists": () => [
    ["x-a", ["1", "2"]],
    ["vary", ["a", "b"]],
  ],
  "a list of pairs and texts": () => [["x-a", "1"], "bc"],
  "a list of pairs and nothing": () => [["x-a", "1"], null],
  "a list of short pairs": () => [["x-a"], ["x-b", "2", "3"]],
  "a list of texts and pairs": () => ["x-a", ["x-b", "2"]],
  "a text": () => "abc",
  "an empty text": () => "",
  "a number": () => 7,
  "nothing at all": () => undefined,
  null: () => null,
  true: () => true,
  "a function": () => Object.assign(() => 1, { "x-a": "1" }),
};

/** What is set before. */
const BEFORE: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "nothing set": () => {},
  "fields set": (response) => {
    response.setHeader("X-Set", "1");
    response.setHeader("x-a", "set");
    response.setHeader("Vary", "cookie");
    response.appendHeader("set-cookie", "s=1");
  },
  "a field set and removed": (response) => {
    response.setHeader("x-set", "1");
    response.removeHeader("x-set");
  },
};

function* writeHeadForms(): Generator<[string, HeadForm]> {
  for (const [set, before] of Object.entries(BEFORE)) {
    for (const [given, headers] of Object.entries(HEADERS)) {
      yield [
        `${set}, writeHead(status, ${given})`,
        (response, log) => {
          before(response);
          write(response, 404, headers(log));
        },
      ];
      yield [
        `${set}, writeHead(status, reason, ${given})`,
        (response, log) => {
          before(response);
          write(response, 404, "Gone Fishing", headers(log));
        },
      ];
    }
    for (const [args, list] of Object.entries(ARGUMENTS)) {
      yield [
        `${set}, writeHead(${args})`,
        (response, log) => {
          before(response);
          write(response, ...list(log));
        },
      ];
    }
  }
}

/** Arguments that are not a status, a reason and headers. */
const ARGUMENTS: Readonly<Record<string, (log: Log) => unknown[]>> = {
  "500, {a}, {b}": (log) => [
    500,
    watched(log, { a: "1", "x-same": "a" }),
    watched(log, { b: "2", "x-same": "b" }),
  ],
  "500, {a}, null": () => [500, { a: "1" }, null],
  "500, {a}, undefined": () => [500, { a: "1" }, undefined],
  "500, {a}, ''": () => [500, { a: "1" }, ""],
  "500, {a}, 'text'": () => [500, { a: "1" }, "text"],
  "500, {a}, 0": () => [500, { a: "1" }, 0],
  "500, {a}, [b]": () => [500, { a: "1" }, ["b", "2"]],
  "500, [a], {b}": () => [500, ["a", "1"], { b: "2" }],
  "500, undefined, {b}": () => [500, undefined, { b: "2" }],
  "500, null, {b}": () => [500, null, { b: "2" }],
  "500, null, [b]": () => [500, null, [["b", "2"]]],
  "500, 7, {b}": () => [500, 7, { b: "2" }],
  "500, true": () => [500, true],
  "500, '', {b}": () => [500, "", { b: "2" }],
  "500, reason, {b}, {c}": () => [500, "Reason", { b: "2" }, { c: "3" }],
  "500, a wrong reason": () => [500, "Rea\r\nson"],
  "500, a wrong reason, {b}": () => [500, "Rea\u{1f600}son", { b: "2", vary: "accept" }],
  "500, a long reason": () => [500, "r".repeat(5000)],
  "'500'": () => ["500"],
  "500.9": () => [500.9, { b: "2" }],
  "1000": () => [1000, { b: "2", vary: "accept" }],
  "99": () => [99],
  "0": () => [0],
  "-1": () => [-1],
  NaN: () => [Number.NaN],
  "no status": () => [],
  "a status that is an object": (log) => [
    {
      valueOf() {
        log("status");
        return 503;
      },
    },
  ],
  "a status that throws": () => [{ valueOf: () => fail("no status") }],
  "a symbol": () => [Symbol("500")],
  "500n": () => [500n],
  "103": () => [103, { b: "2" }],
  "204": () => [204, { b: "2" }],
  "304": () => [304, ["b", "2"]],
};

/** Ways beside `writeHead`, and more than one after the other. */
const OTHERS: Readonly<Record<string, HeadForm>> = {
  "end alone": () => {},
  "a status and fields set": (response) => {
    response.statusCode = 404;
    response.setHeader("x-a", ["1", "2"]).setHeader("VARY", ["a", "b"]);
  },
  "setHeaders of a Map": (response) => response.setHeaders(new Map(Object.entries(A))),
  "setHeaders of Headers": (response) => {
    const headers = new Headers(A);
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    response.setHeaders(headers);
  },
  appendHeader: (response) => {
    response
      .appendHeader("x-a", "1")
      .appendHeader("X-A", ["2", "3"])
      .appendHeader("Vary", "a")
      .appendHeader("vary", "b");
  },
  flushHeaders: (response) => {
    response.setHeader("x-a", "1");
    response.flushHeaders();
  },
  "flushHeaders twice, then writeHead": (response) => {
    response.flushHeaders();
    response.flushHeaders();
    response.writeHead(500, A);
  },
  "writeHead twice": (response, log) => {
    response.writeHead(404, A);
    write(response, 500, watched(log, { b: "2" }));
  },
  "writeHead, then flushHeaders": (response) => response.writeHead(404, A).flushHeaders(),
  "writeHead, then setHeader": (response) => response.writeHead(404, A).setHeader("x-late", "1"),
  "what writeHead returns": (response, log) => log(String(response.writeHead(404) === response)),
  "a wrong head, then a right one": (response, log) => {
    try {
      write(response, 404, { "x-a": "1", vary: "accept", "x-b": undefined });
    } catch (error) {
      log(String(error));
    }
    response.writeHead(500, { "x-c": "3" });
  },
  "a wrong reason, then end": (response, log) => {
    response.setHeader("vary", "accept");
    try {
      response.writeHead(404, "wrong\n", A);
    } catch (error) {
      log(String(error));
    }
    response.statusMessage = "Right";
  },
  "a wrong reason beside nothing, then end": (response, log) => {
    try {
      response.writeHead(404, "wrong\n");
    } catch (error) {
      log(String(error));
    }
    response.statusMessage = "Right";
  },
  "a statusMessage": (response) => {
    response.statusMessage = "Gone Fishing";
    response.writeHead(404);
  },
  "an empty statusMessage": (response) => {
    response.statusMessage = "";
    response.statusCode = 299;
  },
  "a statusMessage that is a number": (response) => {
    (response as { statusMessage: unknown }).statusMessage = 7;
  },
  "a wrong statusMessage": (response) => {
    response.statusMessage = "wrong\n";
    response.writeHead(404, A);
  },
  "a wrong statusCode": (response) => {
    response.statusCode = 1000;
    response.flushHeaders();
  },
  "writeContinue, then writeHead": (response) => {
    response.writeContinue();
    response.writeHead(404, A);
  },
  "writeEarlyHints, then writeHead": (response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload", "x-a": "1" });
    response.writeHead(404, A);
  },
  "writeProcessing, then writeHead": (response) => {
    response.writeProcessing();
    response.writeHead(404, A);
  },
  "a length and a body": (response) => {
    response.writeHead(404, { "content-length": 5 });
    response.write("12345");
  },
  "chunks and a trailer": (response) => {
    response.writeHead(404, ["trailer", "x-sum"]);
    response.write("12345");
    response.addTrailers({ "x-sum": "1" });
  },
  "chunks and trailers with getters": (response, log) => {
    response.write("12345");
    response.addTrailers(watched(log, { "x-sum": "1" }) as never);
  },
  "chunks and trailers as pairs": (response) => {
    response.write("12345");
    response.addTrailers([["x-sum", "1"]]);
  },
  "trailers that are none": (response) => {
    response.write("12345");
    response.addTrailers(null as never);
  },
  "trailers whose getter throws": (response, log) => {
    response.write("12345");
    response.addTrailers(watched(log, { "x-sum": new Error("no value") }) as never);
  },
  "writeHead of another response": (response) => {
    const other = Object.create(response) as ServerResponse;
    other.writeHead(404, A);
    log404(response);
  },
  "writeHead of the prototype": (response) => {
    (Object.getPrototypeOf(response) as ServerResponse).writeHead.call(response, 404, A);
  },
  "a wrapper around writeHead": (response, log) => {
    const { writeHead } = response;
    response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      log(`wrapped ${args.length}`);
      return (writeHead as (...args: unknown[]) => ServerResponse).apply(this, [
        ...args,
        { "x-wrapped": "1" },
      ]);
    } as never;
    response.writeHead(404, A);
  },
};

function log404(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(404);
}

const FORMS: ReadonlyMap<string, HeadForm> = new Map([...writeHeadForms(), ...Object.entries(OTHERS)]);

/** The names of all ways. */
export const HEAD_FORMS: readonly string[] = [...FORMS.keys()];

/** Writes a head in the way of that name; gives what the program noticed, to which more may come when the response ends. */
export function writeForm(name: string, response: ServerResponse): string[] {
  const log: string[] = [];
  try {
    FORMS.get(name)?.(response, (line) => log.push(line));
  } catch (error) {
    log.push(`thrown ${String(error)}`);
  }
  const { headersSent, statusCode, statusMessage } = response;
  log.push(`${headersSent} ${statusCode} ${statusMessage}`);
  return log;
}

/** The bytes of a response in lower case, without what the library adds for whoever asked. */
export function withoutOurs(bytes: string): string {
  return bytes
    .replace(/^(?:x-error-tree: .*|vary: x-error-tree|server-timing: trace;.*)\r\n/gim, "")
    .replace(/^(vary: .*), x-error-tree\r\n/gim, "$1\r\n")
    .toLowerCase();
}
