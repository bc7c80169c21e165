#!/bin/sh
# Builds two parts of plotly.js: the kinds of traces that the pages draw at first, and 3-D. `make charts` after plotly is another version.
set -eu
version=$1
charts=$(cd "$(dirname "$0")/../assets/charts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund "plotly.js@$version" esbuild@0.28.2 esbuild-plugin-environment@0.5.0 \
  esbuild-plugin-glsl@1.4.2 esbuild-plugin-inline-css@0.0.1 stream-browserify@3.0.0
cat >build.js <<JS
const { environmentPlugin } = require("esbuild-plugin-environment");
const { glsl } = require("esbuild-plugin-glsl");
const fs = require("fs");
function build(name, kinds, held) {
  const registered = kinds.map((kind) => \`require("plotly.js/lib/\${kind}")\`);
  const entry = \`\${name}.entry.js\`;
  fs.writeFileSync(entry, \`var Plotly = require("plotly.js/lib/core");
Plotly.register([\${registered}]);
module.exports = Plotly;\`);
  require("esbuild").build({
    entryPoints: [entry], outfile: \`$charts/\${name}-$version.min.js\`, bundle: true, minify: true, format: "iife",
    globalName: "Plotly", target: "es2020", legalComments: "none",
    banner: { js: \`/*! plotly.js $version, MIT: \${held.join(", ")} */\` },
    plugins: [require("esbuild-plugin-inline-css")(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
    alias: { regl: "@plotly/regl", stream: "stream-browserify" }, define: { global: "window", "define.amd": "false" },
  });
}
const flat = ["bar", "box", "candlestick", "heatmap", "scatterpolar"];
build("plotly", flat, ["scatter", ...flat]);
build("plotly-solid", ["scatter3d"], ["scatter3d"]);
JS
node build.js
