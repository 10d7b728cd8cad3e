// Recognises the inner spans that are layers of a web framework: an error that leaves one of them is passed up, no code there handles it.

/** Attributes by which the instrumentations of frameworks mark their layers. */
export const LAYER_ATTRIBUTES: readonly string[] = [
  "connect.type",
  "express.type",
  "fastify.type",
  "hapi.type",
  "koa.type",
  "nestjs.type",
  "restify.type",
];

/** How they name them: `middleware - cors`, `request handler - /orders`. */
const NAME =
  /^(?:middleware|request handler|router|handler|controller|error handler|hook|plugin|on[A-Z]\w*|pre[A-Z]\w*) - /;

/** True for a layer of a framework. */
export function isLayer(name: string, attributes: Readonly<Record<string, unknown>>): boolean {
  return NAME.test(name) || LAYER_ATTRIBUTES.some((attribute) => attribute in attributes);
}
