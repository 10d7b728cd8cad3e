// Knows the header fields by which a proxy, load balancer, mesh or CDN says that it forwards another client's request.

/** How much of a name is looked at. */
const LONGEST_NAME = 64;

/** Trace fields that the load balancers of Amazon and Google set on every request. Services may send them too. */
const TRACE_FIELDS: ReadonlySet<string> = new Set(["x-amzn-trace-id", "x-cloud-trace-context"]);

/** Fields that match neither a prefix nor the suffix below. Sources: RFC 9110 (Via), RFC 8586, RFC 8470, RFC 9440; W3C Edge Architecture. */
const NAMES: ReadonlySet<string> = new Set([
  "via",
  "cdn-loop",
  "early-data",
  "client-cert",
  "client-cert-chain",
  "surrogate-capability",
  "front-end-https",
  "disguised-host",
  "proxy",
  "x-host",
  "x-http-host-override",
  "x-scheme",
  "x-url-scheme",
  "x-real-port",
  "x-request-start",
  "x-amz-cf-id",
  "x-midgress",
  "x-varnish",
]);

/** How the names of such fields begin: first RFC 7239 and its predecessors, then vendor by vendor. */
const PREFIXES: readonly string[] = [
  "forward",
  "x-forward",
  "x-original-",
  "x-remote-",
  "x-rewrite-",
  "x-proxy",
  "proxy-",
  "wl-proxy-", // WebLogic
  "x-nginx-",
  "x-envoy-",
  "x-istio-",
  "l5d-", // Linkerd
  "x-consumer-", // Kong
  "kong-",
  "x-auth-request-", // oauth2-proxy
  "x-pomerium-",
  "x-amzn-", // Application Load Balancer, API Gateway
  "cloudfront-",
  "x-azure-", // Front Door
  "x-fd-",
  "x-arr-", // App Service
  "x-waws-",
  "x-ms-forwarded-",
  "x-ms-proxy",
  "x-appengine-",
  "x-goog-iap-",
  "x-goog-authenticated-",
  "cf-", // Cloudflare
  "fastly-",
  "akamai-",
  "x-akamai-",
  "ali-", // Alibaba
  "cdn-",
  "x-cdn-",
  "x-edge-",
  "fly-",
  "x-nf-", // Netlify
  "x-vercel-",
  "incap-",
  "x-sucuri-",
  "tailscale-",
];

/** Names that end like this carry an address or a hop: Client-IP, X-Azure-SocketIP, Cf-Pseudo-IPv4, X-Remote-Addr, X-Via. */
const SUFFIX =
  /(?:^|-)(?:ip|ipv[46]|via|remote-addr|(?:client|socket|remote|real|user|source|src|peer|connecting)-?(?:ip|addr|address))$/;

/**
 * What the name of a field, in lower case, says about a proxy. `"trace"`: either a load balancer or the propagator of a
 * service sends it. A proxy that sends no such field looks like a caller.
 */
export function forwardingKind(name: string): "forwarding" | "trace" | undefined {
  const text = name.slice(0, LONGEST_NAME).replaceAll("_", "-");
  if (TRACE_FIELDS.has(text)) return "trace";
  const isKnown = NAMES.has(text) || PREFIXES.some((prefix) => text.startsWith(prefix));
  return isKnown || SUFFIX.test(text) ? "forwarding" : undefined;
}
