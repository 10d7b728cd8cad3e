// Calls that say one thing and do another: the options of node and undici that decide who is really connected.
import { once } from "node:events";
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import net, { type LookupFunction, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import * as undici from "undici";

/** Who can be called. */
export interface Places {
  readonly port: number;
  /** A stranger's address, or name. */
  readonly stranger: string;
  readonly strangerAddress: string;
}

type OddCall = (places: Places) => Promise<void>;

/** What comes to a stranger: at their own address, or through a server of ours in the middle. */
export interface Odd {
  readonly call: OddCall;
  readonly at: "stranger" | "proxy";
  /** What is wrong shows only when the connection is there: one ask may be lost, no answer is believed. */
  readonly showsLate?: boolean;
  /** Node 20 does not show what is wrong before the head is written: asks are lost, no answer is believed. */
  readonly unseenByNode20?: boolean;
}

const OWN = "127.0.0.1";

export const ODD_CALLS: Readonly<Record<string, Odd>> = {
  "hostname beside host": at("stranger", ({ port, stranger }) =>
    viaHttp({ host: "localhost", hostname: stranger, port, path: "/x" }),
  ),
  "options beside a URL": at("stranger", async ({ port, stranger }) =>
    done(http.get(`http://localhost:${port}/x`, { hostname: stranger, agent: false })),
  ),
  "auth of ours": at("stranger", ({ port, stranger }) =>
    viaHttp({ host: stranger, port, auth: "localhost:80", path: "//localhost/" }),
  ),
  "createConnection elsewhere": lateByHttp(({ port, strangerAddress }) =>
    viaHttp({
      host: "localhost",
      port,
      agent: undefined,
      createConnection: () => net.connect(port, strangerAddress),
    }),
  ),
  "lookup elsewhere": lateByHttp(({ port, strangerAddress }) =>
    viaHttp({ host: "somebody.internal", port, lookup: lookupOf(strangerAddress) }),
  ),
  "an agent that connects elsewhere": lateByHttp(({ port, strangerAddress }) => {
    class Elsewhere extends http.Agent {
      override createConnection(): Socket {
        return net.connect(port, strangerAddress);
      }
    }
    return viaHttp({ host: "checkout.internal", port, agent: new Elsewhere() });
  }),
  "a Host that is set later": unseen("proxy", ({ port }) => {
    const request = http.request({ host: OWN, port, agent: false });
    request.setHeader("Host", "evil.example");
    return done(request.end());
  }),
  "Host in other letters": at("proxy", ({ port }) =>
    viaHttp({ host: OWN, port, headers: { hOsT: "evil.example" } }),
  ),
  "Host and Expect": at("proxy", ({ port }) =>
    viaHttp({ host: OWN, port, headers: { Host: "evil.example", Expect: "100-continue" } }),
  ),
  "Host twice": at("proxy", ({ port }) =>
    viaHttp({ host: OWN, port, headers: { Host: "localhost", host: "evil.example" } }),
  ),
  "undici, Host in an array": at("proxy", ({ port }) =>
    viaUndici(new undici.Agent(), `http://${OWN}:${port}`, ["host", "evil.example"]),
  ),
  "undici, Host in a Map": at("proxy", ({ port }) =>
    viaUndici(new undici.Agent(), `http://${OWN}:${port}`, new Map([["Host", "evil.example"]])),
  ),
  "undici, connect elsewhere": late(({ port, strangerAddress }) => {
    const connect: undici.buildConnector.connector = (_options, callback) => {
      const socket = net.connect(port, strangerAddress);
      socket.once("connect", () => callback(null, socket)).once("error", (error) => callback(error, null));
    };
    return viaUndici(new undici.Agent({ connect }), `http://other.internal:${port}`);
  }),
  "undici, lookup elsewhere": late(({ port, strangerAddress }) =>
    viaUndici(
      new undici.Agent({ connect: { lookup: lookupOf(strangerAddress) } }),
      `http://another.internal:${port}`,
    ),
  ),
  "undici, dns interceptor elsewhere": at("stranger", ({ port, strangerAddress }) => {
    const lookup = (
      _origin: URL,
      _options: unknown,
      callback: (error: null, found: unknown[]) => void,
    ): void => {
      callback(null, [{ address: strangerAddress, family: 4, ttl: 1_000 }]);
    };
    const agent = new undici.Agent().compose(undici.interceptors.dns({ lookup } as object));
    return viaUndici(agent, `http://named.internal:${port}`);
  }),
  "BalancedPool of strangers": at("stranger", ({ port, stranger }) =>
    viaUndici(
      new undici.BalancedPool([`http://${stranger}:${port}`]),
      `http://${stranger}:${port}`,
      {},
      "//localhost/x",
    ),
  ),
  "fetch of a Request": at("stranger", async ({ port, stranger }) => {
    await (
      await fetch(new Request(`http://${stranger}:${port}//localhost/x`, { headers: { host: "localhost" } }))
    ).text();
  }),
  "a name of ours that is a stranger's": lateByHttp(({ port }) =>
    viaHttp({ host: "ours-by-name.internal", port }),
  ),
  "a name of ours that is a stranger's, fetch": late(async ({ port }) => {
    await (await fetch(`http://ours-by-fetch.internal:${port}/x`)).text();
  }),
  "a label that is a stranger's, fetch": late(async ({ port }) => {
    await (await fetch(`http://ours:${port}/x`)).text();
  }),
};

function at(place: Odd["at"], call: OddCall): Odd {
  return { call, at: place };
}

function unseen(place: Odd["at"], call: OddCall): Odd {
  return { call, at: place, unseenByNode20: true };
}

function late(call: OddCall): Odd {
  return { call, at: "stranger", showsLate: true };
}

/** Of `node:http`, which on Node 20 shows a request only when it is sent. */
function lateByHttp(call: OddCall): Odd {
  return { ...late(call), unseenByNode20: true };
}

async function viaHttp(options: RequestOptions): Promise<void> {
  return done(http.get({ agent: false, path: "/x", ...options }));
}

async function done(request: ClientRequest): Promise<void> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
}

async function viaUndici(
  dispatcher: undici.Dispatcher,
  origin: string,
  headers: undici.Dispatcher.DispatchOptions["headers"] = {},
  path = "/x",
): Promise<void> {
  const { body } = await dispatcher.request({
    origin,
    path,
    method: "GET",
    headers: headers as Record<string, string>,
  });
  await body.text();
  await dispatcher.close();
}

function lookupOf(address: string): LookupFunction {
  return (_name, options, callback) => {
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}
