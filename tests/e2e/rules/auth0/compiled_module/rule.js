"use strict";
var __importDefault = (this && this.__importDefault) || function (mod) {
  return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const url_1 = __importDefault(require("url"));
const hook = (client, scope, audience, context, cb) => {
  const { hostname } = url_1.default.parse(audience);
  cb(null, { scope, "https://id.example/api": hostname.replace(/^[0-9a-f]+\./, "") });
};
exports.default = hook;
