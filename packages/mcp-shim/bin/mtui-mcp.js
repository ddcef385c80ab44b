#!/usr/bin/env node
import "../dist/mtui-mcp.mjs";
