// What stands against trusting a request by its address: proxies, browsers, names that are not ours, missing fields.
import { describe, expect, test } from "vitest";
import { Doubts, isCut } from "../../src/trust/doubt.ts";
import { AskableHosts } from "../../src/trust/trust.ts";
import { requestFrom } from "../support/trust.ts";

type Fields = NonNullable<Parameters<typeof requestFrom>[1]>;

const PEER = "127.0.0.1";

function doubts(askHosts: readonly string[] = [], propagated: readonly string[] = []): Doubts {
  return new Doubts({ hosts: new AskableHosts(askHosts), propagated: new Set(propagated) });
}

/** Why a request from this host is refused; `undefined` when it is not. */
function refusal(fields: Fields, url = "/", own = doubts()): string | undefined {
  return own.in(requestFrom(PEER, fields, { url }))?.refusal;
}

describe("a proxy", () => {
  /** Fields as they are written by whoever sends them. */
  const FIELDS = [
    ...["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Anything", "X-Real-IP"],
    ...[
      "X-Forwarded",
      "Forwarded-For",
      "X-Forward-For",
      "X-Via",
      "X-Original-Forwarded-For",
      "X-Original-Host",
    ],
    ...["CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Ray", "Cf-Pseudo-IPv4", "True-Client-IP", "CDN-Loop"],
    ...[
      "X-Client-IP",
      "Client-IP",
      "X-Cluster-Client-IP",
      "Fastly-Client-IP",
      "Fastly-FF",
      "Incap-Client-IP",
    ],
    ...[
      "X-Envoy-External-Address",
      "X-Envoy-Attempt-Count",
      "l5d-client-id",
      "X-Amzn-Trace-Id",
      "X-Amz-Cf-Id",
    ],
    ...[
      "X-Azure-ClientIP",
      "X-Azure-SocketIP",
      "X-Azure-FDID",
      "X-ARR-ClientIP",
      "X-ARR-LOG-ID",
      "X-FD-HealthProbe",
    ],
    ...["X-Appengine-User-IP", "X-Appengine-Country", "X-Cloud-Trace-Context", "X-Akamai-Edgescape"],
    ...["Akamai-Origin-Hop", "X-ProxyUser-Ip", "Proxy-Client-IP", "WL-Proxy-Client-IP", "Proxy-Connection"],
    ...["X-Host", "X-Nginx-Proxy", "Ali-Cdn-Real-Ip", "Cdn-Src-Ip", "Fly-Client-IP", "DO-Connecting-IP"],
    ...[
      "X-Nf-Client-Connection-Ip",
      "X-Vercel-Forwarded-For",
      "X-Sucuri-ClientIP",
      "CloudFront-Viewer-Address",
    ],
    ...[
      "X-Remote-Addr",
      "Remote-Addr",
      "X-Remote-IP",
      "X-RealIP",
      "X-Source-IP",
      "X-Originating-IP",
      "X-Varnish",
    ],
    ...["X-MS-Forwarded-Client-IP", "Early-Data", "Client-Cert", "Surrogate-Capability", "X-Rewrite-URL"],
    ...[
      "X-Auth-Request-User",
      "X-Consumer-Username",
      "Tailscale-User-Login",
      "X_Forwarded_For",
      "X-Peer-Address",
    ],
  ];

  test.each(FIELDS)("is told by %s, in any case, whatever it says", (name) => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase()]) {
      for (const value of ["", "127.0.0.1", ["8.8.8.8", "8.8.4.4"]]) {
        expect(refusal({ [spelled]: value })).toBe("proxy");
        expect(refusal({ traceparent: "00-a-b-00", [spelled]: value, accept: "*/*" })).toBe("proxy");
      }
    }
  });

  test("is told by a name of any length", () => {
    for (const length of [51, 52, 53, 5000]) {
      expect(refusal({ [`X-Forwarded-${"a".repeat(length)}`]: "1" })).toBe("proxy");
      expect(refusal({ ["a".repeat(length)]: "1" })).toBeUndefined();
    }
  });

  test("is not told by what programs send to each other", () => {
    const names = [
      ...["accept", "accept-encoding", "authorization", "connection", "content-length", "content-type"],
      ...[
        "cookie",
        "dnt",
        "expect",
        "from",
        "idempotency-key",
        "keep-alive",
        "origin-agent-cluster",
        "pragma",
      ],
      ...["priority", "range", "referer", "te", "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid"],
      ...["uber-trace-id", "user-agent", "x-api-key", "x-client-version", "x-correlation-id", "x-error-tree"],
      ...["x-request-id", "x-requested-with", "x-amz-date", "x-amz-content-sha256", "x-tenant", "x-shipping"],
    ];
    expect(names.filter((name) => refusal({ [name]: "1" }) !== undefined)).toEqual([]);
  });

  test.each(["X-Amzn-Trace-Id", "X-Cloud-Trace-Context"])(
    "is not told by %s when the service's own propagator writes it",
    (name) => {
      const own = doubts([], [name.toLowerCase()]);
      expect(refusal({ [name]: "Root=1" }, "/", own)).toBeUndefined();
      expect(refusal({ [name]: "Root=1", Via: "1.1 edge" }, "/", own)).toBe("proxy");
      expect(refusal({ [name]: "Root=1" })).toBe("proxy");
    },
  );

  test("is told by its other fields although the service's propagator writes them", () => {
    expect(refusal({ "X-Forwarded-For": "1" }, "/", doubts([], ["x-forwarded-for"]))).toBe("proxy");
  });
});

describe("a browser", () => {
  test.each(["Origin", "Sec-Fetch-Site", "sec-fetch-site", "Sec-Fetch-Dest", "Sec-CH-UA", "SEC-GPC"])(
    "is told by %s, whatever it says",
    (name) => {
      for (const value of ["", "null", "none", "same-origin", "http://localhost"]) {
        expect(refusal({ [name]: value })).toBe("browser");
      }
    },
  );

  test("is not told by what fetch of Node.js sends", () => {
    const fields = { accept: "*/*", "accept-language": "*", "sec-fetch-mode": "cors", "user-agent": "node" };
    expect(refusal(fields)).toBeUndefined();
  });
});

describe("the host", () => {
  test.each([
    ...["localhost", "LocalHost", "localhost.", "localhost:8080", "localhost:", "127.0.0.1", "127.9.9.9:80"],
    ...["[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "app.localhost"],
    ...["shop", "SHOP:443", "my_shop", "my_shop:3000", "shop-1", "10.1.2.3:3000", "[fd00::1]:3000"],
    ...["payment.default.svc.cluster.local", "Payment.Internal:80", "payment.internal."],
  ])("may be %s", (host) => {
    expect(refusal({ Host: host })).toBeUndefined();
  });

  test.each([
    ...[
      "",
      " ",
      "evil.example",
      "evil.example:80",
      "localhost.evil.example",
      "127.0.0.1.nip.io",
      "evil.example.",
    ],
    ...["8.8.8.8", "0.0.0.0", "[2001:db8::1]", "169.254.169.254", "metadata.google.internal", "[fe80::1]"],
    ...["user@localhost", "localhost@evil.example", "evil.example#localhost", "localhost, evil.example"],
    ...["localhost localhost", "localhost:80:80", "localhost:http", "localhost:999999", "http://localhost"],
    ...[
      "localhost/",
      "localhost\\",
      "localhost?",
      "localhost%00",
      "lo%63alhost",
      "::1",
      "[::1",
      "::1]",
      "[::1]x",
    ],
    ...[
      "[::1%25lo]",
      "[::1%lo]",
      "[localhost]",
      "[]",
      ":80",
      ".",
      "..",
      "localhost..",
      "2130706433",
      "0x7f000001",
    ],
    ...[
      "127.1",
      "0177.0.0.1",
      "ｌocalhost",
      "localhost\u0000",
      "localhost\n",
      "a".repeat(70_000),
      "[".repeat(70_000),
    ],
  ])("may not be %j", (host) => {
    expect(refusal({ Host: host })).toBe("host");
  });

  test("may be one that the service asks itself", () => {
    expect(refusal({ Host: "api.example.com:443" }, "/", doubts([".example.com"]))).toBeUndefined();
    expect(refusal({ Host: "198.51.100.7" }, "/", doubts(["198.51.100.0/24"]))).toBeUndefined();
    expect(refusal({ Host: "api.example.net" }, "/", doubts([".example.com"]))).toBe("host");
  });

  test("must be named once", () => {
    expect(refusal({ Host: [] })).toBe("host");
    for (const hosts of [
      ["localhost", "localhost"],
      ["localhost", "evil.example"],
      ["localhost", ""],
    ]) {
      expect(refusal({ Host: hosts })).toBe("host");
    }
    expect(refusal({ Host: "localhost", accept: "*/*", host: "localhost" })).toBe("host");
  });

  test.each([
    "http://evil.example/",
    "http://localhost/",
    "HTTP://127.0.0.1",
    "evil.example:443",
    "",
    "foo",
    "\\",
  ])("is not asked beside the request target %j", (target) => {
    expect(refusal({ Host: "localhost" }, target)).toBe("host");
  });

  test.each(["/", "//evil.example/x", "/http://evil.example/", "*", "/?a=http://b"])(
    "counts with the request target %j, which names none",
    (target) => {
      expect(refusal({ Host: "localhost" }, target)).toBeUndefined();
    },
  );
});

describe("fields that are missing", () => {
  const many = (count: number): Fields => ({ a: Array.from({ length: count - 1 }, () => "1") });

  test("are supposed when a request has as many as node takes, or more", () => {
    for (const [count, maxHeaderPairs, cut] of [
      [999, 2000, false],
      [1000, 2000, true],
      [1023, 2000, true],
      [39, 80, false],
      [40, 80, true],
      [62, 80, true],
      [31, 20, true],
    ] as const) {
      const request = requestFrom(PEER, many(count), { maxHeaderPairs });
      expect([count, doubts().in(request)?.refusal, isCut(request)]).toEqual([
        ...[count, cut ? "cut" : undefined, cut],
      ]);
    }
  });

  test("are not supposed when node takes any number, but no more than 999 are looked at", () => {
    for (const maxHeaderPairs of [0, -2]) {
      const unbounded = (count: number) => requestFrom(PEER, many(count), { maxHeaderPairs });
      expect(isCut(unbounded(5000))).toBe(false);
      expect(doubts().in(unbounded(999))).toBeUndefined();
      expect(doubts().in(unbounded(1000))?.refusal).toBe("cut");
    }
  });

  test("are found by the server's bound when the parser does not tell one", () => {
    for (const [socket, cut] of [
      [{}, false],
      [{ parser: null }, false],
      [{ parser: {}, server: { maxHeadersCount: null } }, false],
      [{ server: { maxHeadersCount: 50 } }, true],
      [{ server: { maxHeadersCount: 51 } }, false],
      [{ server: { maxHeadersCount: 0 } }, false],
    ] as const) {
      const { rawHeaders } = requestFrom(PEER, many(50));
      expect([socket, isCut({ rawHeaders, socket: socket as never })]).toEqual([socket, cut]);
    }
  });
});

test("names of fields that strangers make up are remembered within a bound, and known ones stay known", () => {
  const own = doubts();
  for (let i = 0; i < 5000; i++) {
    expect(refusal({ [`x-${i}`]: "1" }, "/", own)).toBeUndefined();
    expect(refusal({ [`x-${i}-client-ip`]: "1" }, "/", own)).toBe("proxy");
  }
  expect(refusal({ Via: "1" }, "/", own)).toBe("proxy");
});
