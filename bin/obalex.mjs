#!/usr/bin/env node
// Any Node from 14 on can read this file; the program itself needs Node 24, which comes with its packages.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module' // whole: older ones have no enableCompileCache
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const entry = new URL('../main/cli/index.ts', import.meta.url)

// Compiled code is kept between starts, which halves their time; also for the processes that are started from here.
const cache = fileURLToPath(new URL('../node_modules/.cache/obalex', import.meta.url))
if (process.env.NODE_COMPILE_CACHE === undefined) process.env.NODE_COMPILE_CACHE = cache

if (Number(process.versions.node.split('.')[0]) >= 24) {
  modules.enableCompileCache()
  await import(entry.href)
} else {
  runOnOwnNode()
}

function runOnOwnNode() {
  const node = ownNode()
  if (node === undefined) {
    return fail(`this is Node ${process.versions.node}, and Node 24 is needed — Run “npm ci” in the program's folder.`)
  }
  // by the channel it notices that nobody is there any more, where this process is killed
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio })
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message} — Run “npm ci” again.`))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) return process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The Node that the package `node` brings. */
function ownNode() {
  try {
    const folder = dirname(modules.createRequire(import.meta.url).resolve('node/package.json'))
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find((path) => existsSync(path))
  } catch {
    return undefined
  }
}

function fail(line) {
  process.stderr.write(`obalex: ${line}\n`)
  process.exitCode = 1
}
