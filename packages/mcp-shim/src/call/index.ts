export { type CallContext, callTool } from "./call-tool.ts";
