// The adapter with the types of Express 5: no place where it goes needs a cast.
import express, { type ErrorRequestHandler, Router } from "express";
import { errorTree } from "otel-error-tree/express";

const handler: ErrorRequestHandler = errorTree();
const answer: ErrorRequestHandler = (_error, _request, response, _next) => {
  response.status(500).json({ error: "no" });
};

const router = Router();
router.get("/:id", (request, response) => {
  response.send(request.params.id);
});
router.use(errorTree());

const app = express();
app.use("/orders", router, errorTree());
app.use(errorTree());
app.use(handler, answer);
app.use([errorTree()], answer);
