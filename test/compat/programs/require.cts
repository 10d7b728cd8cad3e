// A program in CommonJS that takes types and values from the library, which is an ES module: by `require`, as Node does.
import errorTree = require("otel-error-tree");

const options: errorTree.ErrorTreeOptions = { trust: "private" };
export const parts: errorTree.ErrorTreeParts = errorTree.createErrorTree(options);
