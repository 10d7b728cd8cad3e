// What the doctor makes of responses that no service of ours sends, and of its command line.
import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { KeyRing } from "../../src/trust/key-ring.ts";
import { secretsOf } from "../../src/trust/secrets.ts";
import { type Examined, runDoctor, said } from "../e2e/doctor/run-doctor.ts";
import { runCli } from "../support/run-cli.ts";
import { listen, plainService } from "../support/sdk-http.ts";
import { closedPort } from "../support/sockets.ts";

const SECRET = `k1:${"s".repeat(32)}`;
const TREE = ":CggA8GeqC6kCtxoYcm9vdEdFVCAvYXV0aEdFVCAvdXNlcm5vKgUEBQQJAjIBAToCAQNCAgIESgIFJ1ICAAU=:;v=1";

/** The ask in a request's head. */
function askIn(head: string): string | undefined {
  return /^x-error-tree: (.*)\r$/im.exec(head)?.[1];
}

/** The answer of a service where nothing failed, to whoever asks. */
function okAnswer(head: string): string[] {
  const id = /id="([0-9a-f]{16})"/.exec(askIn(head) ?? "")?.[1];
  return id === undefined ? [] : [`x-error-tree: ok;id="${id}";s="stock"`];
}

/** Findings at a service that says the same to everybody, but for the fields. */
async function examined(
  fields: (head: string) => readonly string[],
  options: Parameters<typeof runDoctor>[1] = {},
  status = 200,
): Promise<Examined & { heads: readonly string[] }> {
  const { port, heads } = await plainService(status, "so it is", fields);
  const found = await runDoctor([`127.0.0.1:${port}/orders`], options);
  return { ...found, heads };
}

describe("the requests", () => {
  it("are an ask, another one for JSON and none, each with a trace of its own that is not sampled", async () => {
    const { heads, urls, code } = await examined(okAnswer);
    expect(heads.map(askIn)).toEqual([
      expect.stringMatching(/^v=1, id="[0-9a-f]{16}", from="error-tree doctor"$/),
      expect.stringMatching(/^v=1, id="[0-9a-f]{16}", from="error-tree doctor", f=json$/),
      undefined,
    ]);
    const traces = heads.map((head) => /^traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-00\r$/m.exec(head)?.[1]);
    expect(new Set(traces).size).toBe(3);
    expect(traces).not.toContain(undefined);
    expect(heads.every((head) => head.startsWith("GET /orders HTTP/1.1\r\n"))).toBe(true);
    expect(urls[0]?.requests).toBe(3);
    expect(code).toBe(0);
  });

  it("are seven at most, and carry the token of the secret", async () => {
    const two = `${SECRET},k2:${"t".repeat(32)}`;
    const { heads, urls } = await examined(() => [], { secret: two });
    expect(heads).toHaveLength(7);
    expect(urls[0]?.requests).toBe(7);
    const ring = new KeyRing(secretsOf(SECRET), { now: Date.now });
    const key = /k="([^"]+)"/.exec(askIn(heads[0] ?? "") ?? "")?.[1] ?? "";
    expect(ring.fault(key)).toBeUndefined();
    expect(heads.join()).not.toContain("ssss");
  });

  it("have the method, fields and body that they are told to have", async () => {
    const { port, heads } = await plainService(200, "", okAnswer);
    const url = `http://127.0.0.1:${port}/`;
    await runCli(["doctor", "-X", "PUT", "-H", "X-Tenant: blue", "-H", "accept:text/plain", "-d", "{}", url]);
    expect(heads).toHaveLength(3);
    for (const head of heads) {
      expect(head).toMatch(/^PUT \/ HTTP\/1\.1\r\n/);
      expect(head).toMatch(/^x-tenant: blue\r$/im);
      expect(head).toMatch(/^accept: text\/plain\r$/im);
      expect(head).toMatch(/\{\}$/);
    }
    await runCli(["doctor", "-d", "{}", url]);
    expect(heads[3]).toMatch(/^POST \//);
  });

  it("follow no redirect", async () => {
    const found = await examined((head) => [...okAnswer(head), "location: /elsewhere"], {}, 302);
    expect(said(found, "reached")).toEqual([
      expect.stringMatching(
        /^note 302 in \d+ ms, to \/elsewhere: redirects are not followed, name that URL$/,
      ),
    ]);
    expect(found.heads.every((head) => head.startsWith("GET /orders "))).toBe(true);
  });

  it("wait no longer than told, for a head or a body", async () => {
    const silent = createServer(() => {});
    const endless = createServer((_, response) => {
      response.writeHead(200).write("and so on");
    });
    onTestFinished(() => {
      for (const server of [silent, endless]) server.closeAllConnections();
    });
    const [no, slow] = await Promise.all([
      runDoctor([`127.0.0.1:${await listen(silent)}`], { timeout: 0.1 }),
      runDoctor([`127.0.0.1:${await listen(endless)}`], { timeout: 0.3 }),
    ]);
    expect(said(no, "reached")).toEqual(["bad no response within 0.1 s"]);
    expect(no.code).toBe(2);
    expect(said(slow, "reached")).toEqual([
      expect.stringMatching(/^note 200 in \d+ ms; its body did not end within 0\.3 s$/),
    ]);
  });
});

describe("one of two asks answered", () => {
  it.each([
    [200, 200, "bad stock answered one of two asks: behind the URL are instances that differ"],
    [200, 429, "note stock answered one of two asks, with 200; the other came to 429"],
  ])("with %i, the other with %i", async (answered, other, expected) => {
    let asks = 0;
    const server = createServer((request, response) => {
      const ask = request.headersDistinct["x-error-tree"]?.[0];
      const isSecond = ask !== undefined && ++asks === 2;
      const [field = ""] = isSecond ? [] : okAnswer(`x-error-tree: ${ask}\r`);
      if (field !== "") response.setHeader("x-error-tree", field.slice("x-error-tree: ".length));
      response.writeHead(isSecond ? other : answered).end();
    });
    const found = await runDoctor([`127.0.0.1:${await listen(server)}`]);
    expect(said(found, "answers")).toEqual([expected]);
  });
});

describe("a chain", () => {
  it.each([
    ["authority", "ok the tree of root names authority"],
    ["auth", "note the tree of root names authority; whether that is auth, cut, cannot be told"],
    ["stock", expect.stringMatching(/^note the tree of root does not name stock: /)],
  ])("whose second service is %s", async (service, expected) => {
    const failed = (name: string): object => ({
      service: name,
      operation: "GET /",
      status: "error",
      code: "internal",
      error: "broke",
      children: [],
    });
    const entry = await plainService(500, "", (head) => {
      const id = /id="([0-9a-f]{16})"/.exec(askIn(head) ?? "")?.[1];
      const tree = { ...failed("root"), id, children: [failed("authority")] };
      return id === undefined ? [] : [`x-error-tree: ${JSON.stringify(tree)}`];
    });
    const other = await plainService(200, "", (head) =>
      okAnswer(head).map((field) => field.replace("stock", service)),
    );
    const { chain } = await runDoctor([entry, other].map(({ port }) => `127.0.0.1:${port}`));
    expect(chain.map(({ mark, text }) => `${mark} ${text}`)).toEqual([expected]);
  });
});

describe("nobody", () => {
  it("at any address of a name is told by the first of them", async () => {
    const { out, code } = await runCli(["doctor", `localhost:${await closedPort()}`]);
    expect(out).toMatch(/^ {2}bad {3}reached {2}connect ECONNREFUSED /m);
    expect(code).toBe(2);
  });

  it("who speaks TLS is told in a line", async () => {
    const found = await runDoctor([`https://127.0.0.1:${await listen(createServer())}`]);
    expect(said(found, "reached")).toEqual(["bad TLS: wrong version number"]);
    expect(found.urls[0]?.requests).toBe(0);
    expect(found.code).toBe(2);
  });

  it("at one URL keeps the doctor from no other", async () => {
    const { port } = await plainService(200, "", okAnswer);
    const { urls, chain, code } = await runDoctor([`127.0.0.1:${await closedPort()}`, `127.0.0.1:${port}`]);
    expect(urls.map(({ service }) => service)).toEqual([undefined, "stock"]);
    expect(chain).toEqual([
      { check: "chain", mark: "note", text: "cannot be told: the first URL did not answer us" },
    ]);
    expect(code).toBe(2);
  });
});

describe("what comes back", () => {
  it("damaged is told so, and does not write to the terminal", async () => {
    const found = await examined((head) =>
      askIn(head) === undefined ? [] : [`x-error-tree: ${TREE.slice(0, 60)}\x9b2J`],
    );
    expect(said(found, "header")).toEqual([
      expect.stringMatching(/^bad what came is no answer, or a damaged one: 64 bytes, :CggA8Geq/),
    ]);
    expect(said(found, "answers")).toEqual([
      "note cannot be told: what came under our name is no answer, see header",
    ]);
    expect(found.code).toBe(1);
    const other = await examined((head) => (askIn(head) === undefined ? [] : ["x-error-tree: \x9b2J"]));
    expect(said(other, "header")).toEqual([
      "bad what came is no answer, or a damaged one: 4 bytes, Â\\x9b2J",
    ]);
  });

  it("twice is told so", async () => {
    const found = await examined((head) => [...okAnswer(head), ...okAnswer(head)]);
    expect(said(found, "header")).toEqual([
      "bad 2 fields x-error-tree came, and readers ignore all of them: somebody adds one",
    ]);
  });

  it("as a broken connection where the answer would be is told from no service at all", async () => {
    const server = createServer((request, response) => {
      if (/v=1/.test(String(request.headers["x-error-tree"]))) request.socket.destroy();
      else response.writeHead(500).end();
    });
    const found = await runDoctor([`127.0.0.1:${await listen(server)}`]);
    expect(said(found, "reached")).toEqual([expect.stringMatching(/^ok 500 in /)]);
    expect(said(found, "answers")).toEqual([
      expect.stringMatching(
        /^bad with our ask no response \(socket hang up\), without it 500, and 500 with an ask that no service answers: something between cannot take a head with our answer in it\. /,
      ),
    ]);
    expect(found.urls[0]?.requests).toBe(5);
    expect(found.code).toBe(1);
  });

  it("now well, now failed without a reason to be seen leaves open why", async () => {
    let count = 0;
    const statuses = [500, 500, 200, 200, 200];
    const server = createServer((_, response) => {
      response.writeHead(statuses[count++] ?? 200).end();
    });
    const found = await runDoctor([`127.0.0.1:${await listen(server)}`]);
    expect(said(found, "answers")).toEqual([
      "note cannot be told: equal requests end differently (with our ask 500, 500, 200; without 200, 200)",
    ]);
  });

  it("made for somebody else's ask is told so", async () => {
    let id = 0;
    const found = await examined((head) =>
      askIn(head) === undefined ? [] : [`x-error-tree: ok;id="${String(++id).padStart(16, "0")}";s="far"`],
    );
    expect(said(found, "caches")).toEqual([
      expect.stringMatching(
        /^bad an answer came that was made for another ask: something between keeps responses, or copies/,
      ),
    ]);
    expect(found.urls[0]?.service).toBeUndefined();
    expect(found.code).toBe(1);
  });

  it("from one instance and not from the other is told so", async () => {
    let count = 0;
    const found = await examined((head) => (++count === 1 ? okAnswer(head) : []));
    expect(said(found, "answers")).toEqual([
      "bad stock answered one of two asks: behind the URL are instances that differ",
    ]);
  });

  it("with a Vary that is there without an ask as well is no sign of an answer", async () => {
    const found = await examined(() => ["vary: x-error-tree"]);
    expect(said(found, "answers")).toEqual([
      expect.stringMatching(/^bad no answer: it takes no part or does not/),
    ]);
  });

  it("without a trace leaves open whether the context arrives", async () => {
    expect(said(await examined(okAnswer), "context")).toEqual([
      "note our ask arrives; whether traceparent does cannot be told, for no Server-Timing names a trace",
    ]);
  });

  it("in a head without room for a tree is told so", async () => {
    const padded = (bytes: number) => (head: string) => [
      ...okAnswer(head),
      `x-padding: ${"p".repeat(bytes)}`,
    ];
    expect(said(await examined(padded(2_500)), "head")).toEqual([
      expect.stringMatching(
        /^note 2\d\d\d bytes without an answer: room for a tree of about \d{3} bytes, where 1,024 are/,
      ),
    ]);
    const full = await examined(padded(3_000));
    expect(said(full, "head")).toEqual([
      expect.stringMatching(/^bad 3\d\d\d bytes without an answer: no room for a tree/),
    ]);
    expect(full.code).toBe(1);
  });

  it("with a date that is minutes away is bad where tokens are in use", async () => {
    const dated = (minutes: number) => (head: string) => [
      ...okAnswer(head),
      `date: ${new Date(Date.now() + minutes * 60_000).toUTCString()}`,
    ];
    const asked = { secret: SECRET };
    expect(said(await examined(dated(7), asked), "clock")).toEqual([
      "bad the Date of its response is 7 minutes ahead of ours: tokens count only some of the time, set the clocks",
    ]);
    expect(said(await examined(dated(-180)), "clock")).toEqual([
      "note the Date of its response is 3.0 hours behind ours: tokens do not count, set the clocks",
    ]);
    const stored = (head: string): string[] => [...dated(-180)(head), "age: 10800"];
    expect(said(await examined(stored), "clock")).toEqual([]);
  });
});

describe("the command line", () => {
  it("prints JSON that says all that the text says", async () => {
    const { port } = await plainService(200, "", okAnswer);
    const { out, code } = await runCli(["doctor", "--format", "json", `127.0.0.1:${port}`]);
    expect(JSON.parse(out)).toEqual({
      urls: [
        {
          url: `http://127.0.0.1:${port}/`,
          service: "stock",
          requests: 3,
          findings: expect.arrayContaining([
            { check: "answers", mark: "ok", text: "stock answers us, by our address" },
          ]),
        },
      ],
      chain: [],
    });
    expect(code).toBe(0);
  });

  it("has colours on a terminal alone, and no line wider than it", async () => {
    const { port } = await plainService(200, "");
    const args = ["doctor", `127.0.0.1:${port}`];
    const plain = await runCli([...args, "--width", "60"]);
    expect(plain.out).not.toContain("\u001b[");
    for (const line of plain.out.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect((await runCli(args, "", 80)).out).toContain("\u001b[");
  });

  it("shows no password of a URL", async () => {
    const { port, heads } = await plainService(200, "");
    const { out } = await runCli(["doctor", `http://ann:hush@127.0.0.1:${port}/`]);
    expect(out).not.toContain("hush");
    expect(heads[0]).toMatch(/^authorization: Basic /im);
  });

  it.each([
    [["doctor"], /missing required argument 'URL'/],
    [
      ["doctor", "ftp://stock/"],
      /expected a URL such as http:\/\/localhost:8080\/orders, got "ftp:\/\/stock\/"/,
    ],
    [["doctor", "http://"], /expected a URL such as/],
    [["doctor", "-t", "0", "localhost:1"], /Expected an integer from 1 to 600/],
    [
      ["doctor", "-H", "no colon hush", "localhost:1"],
      /expected "Name: value" as 1\. --header, got something else/,
    ],
    [
      ["doctor", "-H", "traceparent: x", "localhost:1"],
      /the field traceparent is the doctor's own: leave it out/,
    ],
    [["doctor", "-X", "NO WAY", "localhost:1"], /expected a method such as GET, got "NO WAY"/],
    [
      ["doctor", "-k", "hushhushhush", "localhost:1"],
      /the secret must be "keyid:secret".*, got a first one without a colon/,
    ],
  ])("%j is refused in a line", async (args, why) => {
    const { code, out, err } = await runCli(args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(why);
    expect(err).not.toMatch(/hush|\n/);
  });
});
