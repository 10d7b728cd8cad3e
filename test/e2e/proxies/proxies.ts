// The reverse proxies: their Debian packages, and the least configuration that lets them route; every limit is the default.
import { join } from "node:path";
import {
  HAPROXY,
  NGINX,
  nginxConfiguration,
  type Place,
  type ProxyProgram,
} from "../../support/proxy/start-proxy.ts";
import { ROUTES, type Route } from "./plan.ts";

/** Ports of the services behind a proxy, by the first part of the path. */
export type Upstreams = Readonly<Record<Route, number>>;

/** One kind of reverse proxy. */
export interface ReverseProxy extends ProxyProgram {
  /** As `--proxy` calls it. */
  readonly name: string;
  /** Debian package that brings the program. */
  readonly debianPackage: string;
  /** Services of the distribution that the package would start. */
  readonly services: readonly string[];
  /** Keeps responses and gives them to others. */
  readonly caches: boolean;
  configuration(place: Place, upstreams: Upstreams): string;
}

const HOST = "127.0.0.1";
/** How long caches keep what has no freshness of its own. */
const KEEP_SECONDS = 60;

const nginx: ReverseProxy = {
  ...NGINX,
  name: "nginx",
  debianPackage: "nginx",
  services: ["nginx"],
  caches: false,
  configuration: (place, upstreams) => nginxRoutes(place, upstreams, "", () => ""),
};

/** Stores everything it may, errors too; `proxy_cache_valid` is what people write to have 404s kept. */
const nginxCache: ReverseProxy = {
  ...NGINX,
  name: "nginx-cache",
  debianPackage: "nginx",
  services: ["nginx"],
  caches: true,
  configuration: (place, upstreams) =>
    nginxRoutes(
      place,
      upstreams,
      `proxy_cache_path cache keys_zone=responses:1m;
  proxy_cache responses;
  proxy_cache_valid any ${KEEP_SECONDS}s;`,
      (route) => (route === "careless" ? "proxy_ignore_headers Vary;" : ""),
    ),
};

function nginxRoutes(
  { port }: Place,
  upstreams: Upstreams,
  more: string,
  ofRoute: (route: Route) => string,
): string {
  const locations = ROUTES.map((route) => {
    const forwarded =
      route === "forwarded" ? "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" : "";
    return `location /${route}/ { proxy_pass http://${HOST}:${upstreams[route]}; ${forwarded}${ofRoute(route)} }`;
  });
  return nginxConfiguration(`${more}
  server {
    listen ${HOST}:${port};
    ${locations.join("\n    ")}
  }`);
}

/** By default it adds `X-Forwarded-For`, `-Host` and `-Server`. */
const apache: ReverseProxy = {
  name: "apache2",
  // The server without the distribution's sites and service.
  debianPackage: "apache2-bin",
  program: "apache2",
  services: [],
  caches: false,
  configuration({ folder, port }, upstreams) {
    const modules = ["mpm_event", "authz_core", "proxy", "proxy_http"];
    const passes = ROUTES.map((route) => `ProxyPass /${route}/ http://${HOST}:${upstreams[route]}/${route}/`);
    return `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
Listen ${HOST}:${port}
DefaultRuntimeDir ${folder}
PidFile ${join(folder, "apache2.pid")}
ErrorLog ${join(folder, "error.log")}
ProxyAddHeaders Off
<Location /forwarded/>
  ProxyAddHeaders On
</Location>
${passes.join("\n")}
`;
  },
  arguments: (configuration, { folder }) => ["-d", folder, "-f", configuration, "-D", "FOREGROUND"],
};

/** By default it adds `X-Forwarded-For` and keeps no 500; here it does, as nginx does. */
const varnish: ReverseProxy = {
  name: "varnish",
  debianPackage: "varnish",
  program: "varnishd",
  services: ["varnish", "varnishncsa"],
  caches: true,
  configuration(_, upstreams) {
    const backends = ROUTES.map(
      (route) => `backend ${route} { .host = "${HOST}"; .port = "${upstreams[route]}"; }`,
    );
    const routes = ROUTES.map((route) => `if (req.url ~ "^/${route}/") { set req.backend_hint = ${route}; }`);
    return `vcl 4.1;
${backends.join("\n")}
sub vcl_recv {
  ${routes.join("\n  ")}
}
sub vcl_backend_fetch {
  if (bereq.url !~ "^/forwarded/") {
    unset bereq.http.X-Forwarded-For;
    unset bereq.http.Via;
    unset bereq.http.X-Varnish;
  }
}
sub vcl_backend_response {
  if (beresp.status >= 500) { set beresp.ttl = ${KEEP_SECONDS}s; }
  if (bereq.url ~ "^/careless/") { unset beresp.http.Vary; }
}
`;
  },
  arguments: (configuration, { folder, port }) => [
    ...["-F", "-n", join(folder, "work"), "-a", `${HOST}:${port}`, "-f", configuration],
  ],
};

const haproxy: ReverseProxy = {
  ...HAPROXY,
  name: "haproxy",
  debianPackage: "haproxy",
  services: ["haproxy"],
  caches: false,
  configuration({ port }, upstreams) {
    const backends = ROUTES.map(
      (route) => `backend ${route}
  ${route === "forwarded" ? "option forwardfor" : ""}
  server only ${HOST}:${upstreams[route]}`,
    );
    return `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend entry
  bind ${HOST}:${port}
  ${ROUTES.map((route) => `use_backend ${route} if { path_beg /${route}/ }`).join("\n  ")}
${backends.join("\n")}
`;
  },
};

/** In the order of the table. */
export const PROXIES: readonly ReverseProxy[] = [nginx, nginxCache, apache, varnish, haproxy];
