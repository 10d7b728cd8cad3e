// How a gateway sets the fields that it hands on.

export const SHAPES = ["setHeader", "writeHead(object)", "writeHead(flat array)", "appendHeader"] as const;
export type Shape = (typeof SHAPES)[number];
