// Reads the route of a request of Express.

/** The route, unless it belongs to a router within another: that router's path is not known here. */
export function routeOf(request: object): string | undefined {
  try {
    const { route, path, baseUrl } = request as {
      route?: { path?: unknown };
      path?: unknown;
      baseUrl?: unknown;
    };
    if (baseUrl !== "" || typeof route?.path !== "string" || typeof path !== "string") return undefined;
    return route.path.split("/").length === path.split("/").length ? route.path : undefined;
  } catch {
    return undefined;
  }
}
