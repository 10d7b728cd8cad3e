// A service on NestJS over Fastify, as its users write one; decorators are called as a compiler does it.
import "reflect-metadata";
import { Controller, Get, Module, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExceptionsHandler } from "@nestjs/core/exceptions/exceptions-handler.js";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { observeExceptions } from "otel-error-tree/nestjs";
import { isByHand, pay } from "./pay.mjs";

if (isByHand) observeExceptions(ExceptionsHandler);

class PayController {
  async pay(id) {
    return await pay(id);
  }
}
Get(":id")(PayController.prototype, "pay", Object.getOwnPropertyDescriptor(PayController.prototype, "pay"));
Param("id")(PayController.prototype, "pay", 0);
Controller("pay")(PayController);

class AppModule {}
Module({ controllers: [PayController] })(AppModule);

async function main() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, "127.0.0.1");
  console.log(`listens on ${app.getHttpServer().address().port}`);
}
main();
