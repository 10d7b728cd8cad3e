// The adapter with the types of Koa and its router: no place where it goes needs a cast.
import Router from "@koa/router";
import Koa, { type DefaultState, type Middleware } from "koa";
import { errorTree } from "otel-error-tree/koa";

interface State extends DefaultState {
  user: string;
}

const handler: Middleware = errorTree();
const app = new Koa<State>();
app.use(errorTree()).use(handler);
app.use((context) => {
  context.body = context.state.user;
});

const router = new Router<State>();
router.use(errorTree());
router.get("/pay/:id", errorTree(), (context) => {
  context.body = context.params.id;
});
app.use(router.routes());
