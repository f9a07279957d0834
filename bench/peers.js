// peers.js - sinew beside ONNX Runtime, taking turns on the same networks.
//
//     node bench/peers.js [--rounds N] [--runs N] [--threads N] SINEW FOLDER
//         [NETWORK]...
//
// FOLDER holds NETWORK.onnx files (scripts/bench-peers writes them there) and
// node_modules with onnxruntime-node. For each network and number of threads
// both engines run by turns, a few runs each time, and the least time of each
// counts: whatever else the machine does only ever adds to it.
//
// Other engines count through their ratio to ONNX Runtime where all were
// measured side by side, on one Zen 4 core: `peer` is how much faster than ONNX
// Runtime the best of them was.
'use strict';
const {execFileSync} = require('child_process');
const os = require('os');
const path = require('path');

const networks = [
  {name: 'efficientpose-rt', peer: 1, by: 'ONNX Runtime'},
  {name: 'efficientpose-i', peer: 1, by: 'ONNX Runtime'},
  {name: 'efficientpose-rt-lite', peer: 1.144, by: 'MNN'},
  {name: 'efficientpose-i-lite', peer: 1.112, by: 'MNN'},
  {name: 'efficientpose-ii', peer: 1, by: 'ONNX Runtime'},
  {name: 'efficientpose-ii-lite', peer: 1, by: 'ONNX Runtime'},
  {name: 'mobilenetv2-cpm', peer: 1.088, by: 'MNN'},
  {name: 'mobilenetv2-hourglass', peer: 1.104, by: 'TFLite'},
  {name: 'elifpose', peer: 1.12, by: 'MNN'},
  {name: 'rtmpose-s', peer: 1.12, by: 'MNN'},
  {name: 'rtmpose-m', peer: 1.368, by: 'MNN'},
  {name: 'rtmdet-nano', peer: 1, by: 'ONNX Runtime'},
];

function parse(argv) {
  const options = {rounds: 5, runs: 8, threads: 0, operands: []};
  for (let i = 0; i < argv.length; i++)
    if (/^--(rounds|runs|threads)$/.test(argv[i]))
      options[argv[i].slice(2)] = Number(argv[++i]);
    else
      options.operands.push(argv[i]);
  if (options.operands.length < 2 || !(options.rounds > 0) ||
      !(options.runs > 0) || !(options.threads >= 0)) {
    console.error('usage: peers.js [--rounds N] [--runs N] [--threads N] ' +
                  'SINEW FOLDER [NETWORK]...');
    process.exit(2);
  }
  return options;
}

const milliseconds = (begin) => Number(process.hrtime.bigint() - begin) / 1e6;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const mean = (x) => Math.exp(x.reduce((s, v) => s + Math.log(v), 0) / x.length);

// ONNX Runtime, all its optimisations on; input as `sinew bench` has it.
async function openPeer(ort, file, threads) {
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const feeds = {};
  let state = 1;
  for (const input of session.inputMetadata) {
    const data = new Float32Array(input.shape.reduce((n, d) => n * d, 1));
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = state / 4294967296;
    }
    feeds[input.name] = new ort.Tensor('float32', data, input.shape);
  }
  return {
    async best(runs, warm) {
      let least = Infinity;
      for (let i = -warm; i < runs; i++) {
        const begin = process.hrtime.bigint();
        await session.run(feeds);
        if (i >= 0) least = Math.min(least, milliseconds(begin));
      }
      return least;
    },
    close: () => session.release(),
  };
}

function ours(sinew, file, threads, runs) {
  const text = execFileSync(sinew, ['bench', '--json', '--threads', threads,
                                    '--runs', runs, '--warmup', 2, file]);
  return JSON.parse(text);
}

async function compare(ort, options, network, threads) {
  const [sinew, folder] = options.operands;
  const file = path.join(folder, network.name + '.onnx');
  const peer = await openPeer(ort, file, threads);
  let theirs = Infinity, least = Infinity, macs = 0, peak = 0;
  for (let round = 0; round < options.rounds; round++) {
    theirs = Math.min(theirs, await peer.best(options.runs, round ? 1 : 3));
    await pause(20); // its threads spin a while
    const result = ours(sinew, file, threads, options.runs);
    least = Math.min(least, result.min_ms);
    macs = result.macs;
    peak = Math.max(peak, result.peak_gflops / threads);
  }
  await peer.close();
  const rate = 2e-6 * macs / least;
  return {network, threads, ours: least, theirs, ratio: theirs / least,
          best: theirs / network.peer / least, rate,
          share: 100 * rate / (peak * threads)};
}

function print(row) {
  console.log(`| ${row.network.name} | ${row.threads} | ` +
              `${row.ours.toFixed(2)} | ${row.theirs.toFixed(2)} | ` +
              `${row.ratio.toFixed(2)} | ${row.network.by} | ` +
              `${row.best.toFixed(2)} | ${row.rate.toFixed(0)} | ` +
              `${row.share.toFixed(0)} |`);
}

async function main() {
  const options = parse(process.argv.slice(2));
  const [sinew, folder, ...names] = options.operands;
  const ort = require(path.resolve(folder, 'node_modules/onnxruntime-node'));
  const version = require(path.resolve(
      folder, 'node_modules/onnxruntime-node/package.json')).version;
  const chosen = networks.filter((n) => names.length === 0 ||
                                        names.includes(n.name));
  const rows = [], counts = options.threads ? [options.threads] : [1, 2];
  console.log(`${new Date().toISOString().slice(0, 10)}, ` +
              `${os.cpus()[0].model.trim()}, ${os.cpus().length} processors, ` +
              `${execFileSync(sinew, ['--version']).toString().split('\n')[0]}, ` +
              `ONNX Runtime ${version}; least of ` +
              `${options.rounds * options.runs} runs each, in turns; load ` +
              `average ${os.loadavg()[0].toFixed(1)} at the start\n`);
  console.log('| network | threads | sinew ms | ONNX Runtime ms | ratio | ' +
              'best peer | ratio to it | GFLOP/s | % of peak |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const network of chosen)
    for (const threads of counts) {
      if (threads > os.cpus().length) continue;
      rows.push(await compare(ort, options, network, threads));
      print(rows[rows.length - 1]);
    }
  for (const threads of counts) {
    const some = rows.filter((r) => r.threads === threads);
    if (some.length > 0)
      console.log(`| geometric mean | ${threads} | | | ` +
                  `${mean(some.map((r) => r.ratio)).toFixed(2)} | | ` +
                  `${mean(some.map((r) => r.best)).toFixed(2)} | | |`);
  }
  const slower = rows.filter((r) => r.best < 1);
  for (const r of slower)
    console.error(`slower than its best peer: ${r.network.name}, ` +
                  `${r.threads} threads`);
  process.exitCode = slower.length > 0 ? 1 : 0;
}

main();
