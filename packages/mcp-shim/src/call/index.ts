export { type CallContext, callTool, type Confirm } from "./call-tool.ts";
