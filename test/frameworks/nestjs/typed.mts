// The adapter with the types of NestJS: its class needs no cast.
import { ExceptionsHandler } from "@nestjs/core/exceptions/exceptions-handler.js";
import { observeExceptions } from "otel-error-tree/nestjs";

observeExceptions(ExceptionsHandler);
