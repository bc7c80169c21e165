/* What every figure can: be taken home as a picture and as a table, and be walked over with the arrow keys. */
(function () {
  "use strict";
  var SCALE = 2;
  var LETTER = 8.2; // pixels of a letter of the title, on average

  function plotOf(box) {
    return box.querySelector(".js-plotly-plot");
  }

  function titleOf(box) {
    var card = box.closest(".surface");
    var heading = card && card.querySelector(".card-title");
    var own = null;
    for (var around = box; around && around !== card && !own; around = around.parentElement) {
      own = around.querySelector(":scope > .chart-title");
    }
    var parts = [heading, own].filter(Boolean).map(function (node) {
      return node.textContent.trim();
    });
    return parts.length ? parts.join(" – ") : document.title;
  }

  function fileName(title, kind) {
    var name = title
      .normalize("NFKD")
      .replace(/[^\w]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 80);
    return (name || "figure") + "." + kind;
  }

  function save(href, name) {
    var link = document.createElement("a");
    link.href = href;
    link.download = name;
    link.click();
  }

  /* Lines of at most so many letters. */
  function wrapped(title, most) {
    return title.split(" ").reduce(
      function (lines, word) {
        var last = lines[lines.length - 1];
        if (last && (last + " " + word).length > most) {
          lines.push(word);
        } else {
          lines[lines.length - 1] = last ? last + " " + word : word;
        }
        return lines;
      },
      [""]
    );
  }

  /* The figure as drawn, on the page's ground, with its title above. */
  function picture(box) {
    var plot = plotOf(box);
    var css = window.getComputedStyle(document.body);
    var title = titleOf(box);
    var lines = wrapped(title, Math.floor(plot.clientWidth / LETTER));
    var head = 24 + 20 * lines.length;
    var layout = Object.assign({}, plot.layout, {
      paper_bgcolor: css.getPropertyValue("--page").trim(),
      title: { text: lines.join("<br>"), x: 0, xref: "container", xanchor: "left", pad: { l: 8, t: 8 }, y: 1, yanchor: "top", font: { size: 15 } },
      margin: Object.assign({}, plot.layout.margin, { t: head }),
    });
    var figure = { data: plot.data, layout: layout, config: { staticPlot: true } };
    var size = { format: "png", width: plot.clientWidth, height: plot.clientHeight + head, scale: SCALE };
    return window.Plotly.toImage(figure, size).then(function (href) {
      save(href, fileName(title, "png"));
    });
  }

  function text(value) {
    return value === null || value === undefined || value !== value ? "" : String(value).replace(/<[^>]*>/g, " ");
  }

  /* Words that a spreadsheet would take for a formula are marked as words. */
  function cell(value) {
    var told = text(value);
    if (typeof value === "string" && /^[=@\t\r]|^[+-](?![\d.])/.test(told)) {
      told = "'" + told;
    }
    return /[",\n]/.test(told) ? '"' + told.replace(/"/g, '""') + '"' : told;
  }

  /* What a figure says of its own table: heads by column, and what stands in a column instead of a number that only places it;
     a column that is none of the trace's is one more (``strips.table``). */
  function said(trace) {
    var meta = trace.meta || {};
    return { heads: meta.heads || {}, cells: meta.cells || {} };
  }

  function axisTitle(plot, trace, letter, fallback) {
    if (said(trace).heads[letter]) {
      return said(trace).heads[letter];
    }
    var key = (trace[letter + "axis"] || letter).replace(letter, letter + "axis");
    var axis = ((trace.scene && plot.layout[trace.scene]) || plot.layout)[key] || {};
    var full = plot._fullLayout[key];
    var given = axis.title && axis.title.text !== undefined ? axis.title.text : axis.title;
    var title = typeof given === "string" ? text(given).trim() : "";
    var kind = full ? full.type : "";
    return title || (kind === "date" ? "date" : kind === "category" ? "of" : fallback);
  }

  var PARTS = {
    candlestick: ["x", "open", "high", "low", "close"],
    ohlc: ["x", "open", "high", "low", "close"],
    scatter3d: ["x", "y", "z"],
    scatterpolar: ["theta", "r"],
    box: ["x", "lowerfence", "q1", "median", "q3", "upperfence"],
  };

  var FALLBACKS = { x: "x", y: "value", z: "z", theta: "of", r: "value" };

  /* Ends of the intervals of a trace's points, under the title of the axis they lie along. */
  function intervals(plot, trace) {
    return ["x", "y"]
      .map(function (letter) {
        var bars = trace["error_" + letter];
        if (!bars || !bars.visible || !bars.array) {
          return null;
        }
        var title = axisTitle(plot, trace, letter, FALLBACKS[letter]);
        return { letter: letter, above: bars.array, below: bars.arrayminus || bars.array, title: title };
      })
      .filter(Boolean);
  }

  function grid(trace) {
    return trace.type === "heatmap" || trace.type === "contour";
  }

  /* Words on a point, as its hover tells them. */
  function toldOf(trace, i) {
    var given = trace.customdata ? trace.customdata[i] : Array.isArray(trace.text) ? trace.text[i] : null;
    return (Array.isArray(given) ? given : [given])
      .filter(function (part) {
        return typeof part === "string";
      })
      .map(text)
      .join("; ");
  }

  /* Traces that say something: those without hover only decorate. */
  function telling(plot) {
    var all = plot._fullData; // where packed arrays are unpacked
    var told = all.filter(function (trace) {
      return trace.hoverinfo !== "skip" || trace.type === "box";
    });
    return told.length ? told : all;
  }

  /* One row a point: the trace it is of, its values under the titles of the axes, and what its hover tells in words. */
  function table(plot) {
    var lines = [];
    telling(plot).forEach(function (trace, at) {
      var name = text(trace.name) || "series " + (at + 1);
      var given = said(trace);
      if (grid(trace)) {
        lines.push(["series", axisTitle(plot, trace, "x", "x"), axisTitle(plot, trace, "y", "y"), given.heads.z || "value"]);
        var across = given.cells.x || trace.x;
        var down = given.cells.y || trace.y;
        Array.from(trace.z || []).forEach(function (row, i) {
          Array.from(row).forEach(function (value, j) {
            lines.push([name, across ? across[j] : j, down ? down[i] : i, value]);
          });
        });
        return;
      }
      var parts = (PARTS[trace.type] || ["x", "y"]).filter(function (part) {
        return trace[part] !== undefined;
      });
      var n = Math.max.apply(
        null,
        parts.map(function (part) {
          return trace[part].length || 0;
        })
      );
      if (!parts.length || !(n > 0)) {
        return;
      }
      var more = Object.keys(given.cells).filter(function (part) {
        return parts.indexOf(part) < 0;
      });
      var ends = intervals(plot, trace);
      lines.push(
        ["series"].concat(
          parts.map(function (part) {
            return part.length === 1 && "xyz".indexOf(part) >= 0 ? axisTitle(plot, trace, part, FALLBACKS[part]) : FALLBACKS[part] || part;
          }),
          ends.map(function (end) {
            return end.title + ", low";
          }),
          ends.map(function (end) {
            return end.title + ", high";
          }),
          more.map(function (part) {
            return given.heads[part] || part;
          }),
          ["told"]
        )
      );
      for (var i = 0; i < n; i += 1) {
        lines.push(
          [name].concat(
            parts.map(function (part) {
              return (given.cells[part] || trace[part])[i];
            }),
            ends.map(function (end) {
              return trace[end.letter][i] - end.below[i];
            }),
            ends.map(function (end) {
              return trace[end.letter][i] + end.above[i];
            }),
            more.map(function (part) {
              return given.cells[part][i];
            }),
            [toldOf(trace, i)]
          )
        );
      }
    });
    return merged(lines);
  }

  /* Heads that repeat are written once. */
  function merged(lines) {
    var head = null;
    return lines
      .filter(function (line) {
        if (line[0] !== "series") {
          return true;
        }
        var told = line.join("\u0000");
        var again = told === head;
        head = told;
        return !again;
      })
      .map(function (line) {
        return line.map(cell).join(",");
      })
      .join("\r\n");
  }

  function sheet(box) {
    var blob = new Blob(["\ufeff" + table(plotOf(box)) + "\r\n"], { type: "text/csv" });
    var href = URL.createObjectURL(blob);
    save(href, fileName(titleOf(box), "csv"));
    window.setTimeout(function () {
      URL.revokeObjectURL(href);
    }, 10000);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-take]");
    var box = button && button.closest(".figure-box");
    if (!box || !plotOf(box) || !window.Plotly) {
      return;
    }
    if (button.dataset.take === "png") {
      picture(box);
    } else {
      sheet(box);
    }
  });

  /* Arrow keys: the crosshair goes from point to point of the first trace that has hover. */
  function walkable(plot) {
    return plot._fullData.findIndex(function (trace) {
      return !grid(trace) && trace.hoverinfo !== "skip" && (trace.x || trace.y || []).length > 1;
    });
  }

  function inSight(plot, curve) {
    var trace = plot._fullData[curve];
    var x = trace.x || [];
    var axis = plot._fullLayout[(trace.xaxis || "x").replace("x", "xaxis")];
    if (!axis || !axis.range || axis.type === "category") {
      return [0, Math.max(x.length, (trace.y || []).length) - 1];
    }
    var ends = axis.range.map(function (value) {
      return axis.r2c ? axis.r2c(value) : Number(value);
    });
    var low = Math.min(ends[0], ends[1]);
    var high = Math.max(ends[0], ends[1]);
    var first = -1;
    var last = -1;
    for (var i = 0; i < x.length; i += 1) {
      var at = axis.d2c ? axis.d2c(x[i]) : Number(x[i]);
      if (at >= low && at <= high) {
        first = first < 0 ? i : first;
        last = i;
      }
    }
    return [first, last];
  }

  function say(box, told) {
    var said = box.querySelector(".figure-said");
    if (said) {
      said.textContent = told;
    }
  }

  /* Where one hover tells of all that is at a time, it is asked of the time, else of the point. */
  function hover(plot, curve, at) {
    var trace = plot._fullData[curve];
    var axis = plot._fullLayout[(trace.xaxis || "x").replace("x", "xaxis")];
    if (axis && /^x/.test(plot._fullLayout.hovermode)) {
      var x = axis.d2c(trace.x[at]);
      window.Plotly.Fx.hover(plot, { xval: x, xpx: axis.c2p(x) }, (trace.xaxis || "x") + (trace.yaxis || "y"));
    } else {
      window.Plotly.Fx.hover(plot, [{ curveNumber: curve, pointNumber: at }]);
    }
  }

  function hovered(plot) {
    var lines = [];
    plot.querySelectorAll(".hoverlayer text").forEach(function (node) {
      var parts = node.querySelectorAll("tspan.line");
      (parts.length ? Array.from(parts) : [node]).forEach(function (part) {
        lines.push(part.textContent.trim());
      });
    });
    return lines.filter(Boolean).join("; ");
  }

  document.addEventListener("keydown", function (event) {
    var chart = event.target.classList && event.target.classList.contains("chart") ? event.target : null;
    var steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity };
    var plot = chart && chart.querySelector(".js-plotly-plot");
    if (!plot || !plot._fullData || !window.Plotly) {
      return;
    }
    if (event.key === "Escape") {
      window.Plotly.Fx.unhover(plot);
      return;
    }
    if (!(event.key in steps)) {
      return;
    }
    var curve = walkable(plot);
    if (curve < 0) {
      return;
    }
    event.preventDefault();
    var ends = inSight(plot, curve);
    var before = chart.dataset.point === undefined ? ends[1] + (steps[event.key] < 0 ? 1 : 0) : Number(chart.dataset.point);
    var next = Math.min(Math.max(before + steps[event.key], ends[0]), ends[1]);
    chart.dataset.point = next;
    hover(plot, curve, next);
    window.setTimeout(function () {
      say(chart.closest(".figure-box"), hovered(plot));
    }, 60);
  });

  document.addEventListener("focusout", function (event) {
    var plot = event.target.classList && event.target.classList.contains("chart") && event.target.querySelector(".js-plotly-plot");
    if (plot && plot._fullData && window.Plotly) {
      window.Plotly.Fx.unhover(plot);
    }
  });
})();
