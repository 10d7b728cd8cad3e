// How every client can be tricked to a stranger: by paths, names, addresses, redirects, fields, proxies and sockets.
import type { Call } from "../calls.ts";
import type { Head } from "../peer-orders.ts";
import { STRANGER } from "../stage.ts";

/** Who can be called. */
export interface World {
  /** `127.0.0.1:8080`, where a service of ours listens. */
  readonly own: string;
  /** `198.51.100.7:8080`, the same server at a stranger's address; a name where there is no namespace. */
  readonly stranger: string;
  readonly port: number;
  readonly socketPath: string;
  readonly securePort: number;
}

/** A call before its client is chosen. */
type Trick = Omit<Call, "client">;

export interface Kind {
  readonly attack: string;
  readonly clients: readonly string[];
  readonly needsNamespace?: boolean;
  /** What is wrong shows only when the connection is there: one ask for each origin may be lost. */
  readonly showsLate?: boolean;
  readonly tricks: (world: World) => readonly Trick[];
  /** What reached a stranger. @default whatever came to an address that is not loopback */
  readonly isStrangers?: (head: Head, world: World) => boolean;
}

const URL_CLIENTS = [
  "http.get(url)",
  "fetch",
  "undici.fetch",
  "undici.request(url)",
  "axios, http",
  "axios, fetch",
  "got",
  "node-fetch",
];
const PATH_CLIENTS = [
  "http.request(options)",
  "agent.request",
  "agent.stream",
  "agent.pipeline",
  "agent.dispatch",
  "Client",
  "Pool",
  "RetryAgent",
  "redirect interceptor",
];
export const ALL_CLIENTS: readonly string[] = [...URL_CLIENTS, ...PATH_CLIENTS];
/** node-fetch throws beside its promise when a URL has a user. */
const WITH_USER = URL_CLIENTS.filter((client) => client !== "node-fetch");
const everything = (): boolean => true;

export const KINDS: readonly Kind[] = [
  {
    attack: "a path that begins with two slashes and a host of ours",
    clients: ALL_CLIENTS,
    tricks: ({ stranger, own }) =>
      [
        "//localhost/x",
        "//svc.internal/x",
        `//${own}/x`,
        "///localhost/x",
        "//user:password@localhost/x",
        "//localhost//evil.example/x",
        "//[::1]/x",
      ].map((path) => ({ origin: `http://${stranger}`, path })),
  },
  {
    attack: "backslashes before a host of ours",
    clients: ALL_CLIENTS,
    tricks: ({ stranger }) =>
      ["/\\localhost/x", "/\\/localhost/x", "/%5clocalhost/x", "/x/..//localhost/x", "/\t/localhost/x"].map(
        (path) => ({
          origin: `http://${stranger}`,
          path,
        }),
      ),
  },
  {
    attack: "a whole URL of ours as path",
    clients: PATH_CLIENTS,
    tricks: ({ stranger, own }) =>
      [
        "http://localhost/x",
        "http://svc.internal/x",
        "HTTP://127.0.0.1/x",
        `http://${own}/x`,
        "https://localhost/x",
      ].map((path) => ({ origin: `http://${stranger}`, path })),
  },
  {
    attack: "a whole URL of a stranger as path, for a proxy of ours",
    clients: PATH_CLIENTS,
    isStrangers: everything,
    tricks: ({ own, stranger }) =>
      [`http://${stranger}/x`, "http://evil.example/x", "HTTPS://evil.example/x", "ftp://evil.example/x"].map(
        (path) => ({
          origin: `http://${own}`,
          path,
        }),
      ),
  },
  {
    attack: "a user that is called like a host of ours",
    clients: WITH_USER,
    tricks: ({ stranger }) => [
      { origin: `http://localhost@${stranger}`, path: "/x" },
      { origin: `http://svc.internal:80@${stranger}`, path: "/x" },
      { origin: `http://localhost%2f@${stranger}`, path: "/x" },
      { origin: `http://127.0.0.1:80%40@${stranger}`, path: "//localhost/x" },
      { origin: `http://${stranger}`, path: "/#@localhost/" },
      { origin: `http://${stranger}`, path: "/?@localhost/" },
    ],
  },
  {
    attack: "redirects from here to a stranger, and at the stranger",
    clients: [...URL_CLIENTS, "redirect interceptor"],
    tricks: ({ own, stranger }) => [
      ...[
        `http://${stranger}/x`,
        `//${stranger}/x`,
        `http://${stranger}//localhost/x`,
        `//${stranger}/\\localhost/x`,
      ].map((to) => ({ origin: `http://${own}`, path: `/x?redirect=${encodeURIComponent(to)}` })),
      ...["/.//localhost/x", `http://${stranger}//localhost/x`, "//localhost:1/x", "/x//localhost"].map(
        (to) => ({
          origin: `http://${stranger}`,
          path: `/x?redirect=${encodeURIComponent(to)}`,
        }),
      ),
    ],
  },
  {
    attack: "redirects from here to a stranger, with a user",
    clients: WITH_USER,
    tricks: ({ own, stranger }) =>
      [`http://localhost@${stranger}/x`, `//localhost@${stranger}//localhost/x`].map((to) => ({
        origin: `http://${own}`,
        path: `/x?redirect=${encodeURIComponent(to)}`,
      })),
  },
  {
    attack: "names that only look like ours",
    clients: ALL_CLIENTS,
    tricks: ({ port }) =>
      [
        "evil.example",
        "EVIL.EXAMPLE",
        "evil.example.",
        "svc.internal.evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "2a00",
        "fd00",
        "beef",
      ].map((name) => ({ origin: `http://${name}:${port}`, path: "/x" })),
  },
  {
    attack: "IPv6 addresses of strangers",
    clients: ALL_CLIENTS,
    needsNamespace: true,
    tricks: ({ port }) =>
      ["2001:db8::7", "2a00:1450::1", "fd00:ec2::254", "2001:db8:1::2", `::ffff:${STRANGER}`].map(
        (address) => ({
          origin: `http://[${address}]:${port}`,
          path: "/x",
        }),
      ),
  },
  {
    attack: "IPv6 addresses of strangers, and a path of ours",
    clients: ALL_CLIENTS,
    needsNamespace: true,
    tricks: ({ port }) =>
      ["2001:db8::7", "2a00:1450::1"].flatMap((address) =>
        ["//[::1]/x", "//localhost/x"].map((path) => ({ origin: `http://[${address}]:${port}`, path })),
      ),
  },
  {
    attack: "Host of ours at a stranger",
    clients: ALL_CLIENTS,
    tricks: ({ stranger, own }) =>
      ["localhost", own, "svc.internal", "checkout"].map((host) => ({
        origin: `http://${stranger}`,
        path: "/x",
        headers: { host },
      })),
  },
  {
    attack: "Host of a stranger at a proxy of ours",
    // fetch writes Host by itself, whatever it is told.
    clients: ALL_CLIENTS.filter((client) => !client.includes("fetch") || client === "node-fetch"),
    isStrangers: everything,
    tricks: ({ own }) =>
      [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "[2001:db8::7]",
        "localhost, evil.example",
        "user@evil.example",
      ].map((host) => ({ origin: `http://${own}`, path: "/x", headers: { host } })),
  },
  {
    attack: "a forward proxy of ours, in clear",
    clients: [
      "ProxyAgent",
      "EnvHttpProxyAgent",
      "fetch",
      "undici.fetch",
      "axios, http",
      "http.Agent, proxyEnv",
    ],
    isStrangers: everything,
    tricks: ({ own, stranger }) =>
      [`http://${stranger}`, "http://evil.example"].flatMap((origin) =>
        ["/x", "//localhost/x"].map((path) => ({ origin, path, proxy: `http://${own}`, tunnel: false })),
      ),
  },
  {
    attack: "a forward proxy of ours, through a tunnel",
    clients: ["ProxyAgent", "EnvHttpProxyAgent", "fetch", "undici.fetch"],
    isStrangers: everything,
    tricks: ({ own, stranger }) =>
      [`http://${stranger}`, "http://evil.example"].flatMap((origin) =>
        ["/x", "//localhost/x"].map((path) => ({ origin, path, proxy: `http://${own}` })),
      ),
  },
  {
    attack: "a stranger as forward proxy for hosts of ours, in clear",
    clients: ["ProxyAgent", "fetch", "undici.fetch", "axios, http", "http.Agent, proxyEnv"],
    tricks: ({ own, stranger }) =>
      [`http://${own}`, "http://svc.internal"].map((origin) => ({
        origin,
        path: "/x",
        proxy: `http://${stranger}`,
        tunnel: false,
      })),
  },
  {
    attack: "a stranger as forward proxy for hosts of ours, through a tunnel",
    clients: ["ProxyAgent", "EnvHttpProxyAgent", "fetch", "undici.fetch"],
    showsLate: true,
    tricks: ({ stranger }) =>
      ["http://behind-a-proxy.internal", "http://behind"].map((origin) => ({
        origin,
        path: "/x",
        proxy: `http://${stranger}`,
      })),
  },
  {
    attack: "a socket in the file system, for a stranger's name",
    clients: [
      "http.request(options)",
      "http.get(url)",
      "fetch",
      "undici.fetch",
      "agent.request",
      "Client",
      "axios, http",
      "node-fetch",
    ],
    // axios leaves the name out where there is a socket.
    isStrangers: ({ text }) => /^host: evil/im.test(text),
    tricks: ({ socketPath }) =>
      ["/x", "//localhost/x"].map((path) => ({ origin: "http://evil.example", path, socketPath })),
  },
  {
    attack: "TLS to a stranger, with a path and a Host of ours",
    clients: ["http.request(options)", "http.get(url)", "agent.request", "Client", "got", "undici.fetch"],
    tricks: ({ stranger, securePort }) => {
      const origin = `https://${stranger.replace(/:\d+$/, "")}:${securePort}`;
      return [
        { origin, path: "//localhost/x" },
        { origin, path: "/x", headers: { host: "localhost" } },
      ];
    },
  },
];
