/* Days chosen on the Clusters page: brushed in the scatter, dragged over in the price chart, or all of a state. */
(function () {
  "use strict";
  var DAY_MS = 86400000;
  var GONE = -1; // nobody has come near the choice of axes for a while
  var FAILED = -2; // 3-D could not be drawn
  var GONE_MS = 60000;
  var IDLE_MS = 3000; // until what is in sight is drawn, and the library of 3-D may come

  function none() {
    return window.dash_clientside.no_update;
  }

  function expectSolid() {
    if (window.regimeCharts && document.getElementById("clusters-tabs")) {
      window.regimeCharts.expectSolid();
    }
  }

  function dayOf(ms) {
    return new Date(ms).toISOString().slice(0, 10);
  }

  function time(value) {
    var text = String(value);
    return typeof value === "number" ? value : Date.parse(text.slice(0, 10) + "T" + (text.slice(11, 23) || "00:00") + "Z");
  }

  /* Whole days within what was dragged over: "2018-10-03..2018-12-31"; null where there is none. */
  function span(range) {
    var ends = range.map(time);
    var first = Math.ceil(Math.min(ends[0], ends[1]) / DAY_MS) * DAY_MS;
    var last = Math.floor(Math.max(ends[0], ends[1]) / DAY_MS) * DAY_MS;
    return first <= last ? dayOf(first) + ".." + dayOf(last) : null;
  }

  function brushed(selected, dataset) {
    var rows = selected.points
      .filter(function (point) {
        return point.customdata;
      })
      .map(function (point) {
        return point.customdata[0];
      });
    if (rows.length) {
      return { rows: rows, dataset: dataset };
    }
    /* Where the brush caught nothing the chart has dimmed all its points: it is drawn anew. */
    return selected.range || selected.lassoPoints ? { rows: [], at: Date.now() } : none();
  }

  function dragged(selected) {
    var range = selected.range && selected.range.x;
    var days = range && span(range);
    return days ? { days: days } : none();
  }

  document.addEventListener("keydown", function (event) {
    var elsewhere = event.target.closest && event.target.closest("input, select, textarea");
    var release = event.key === "Escape" && !elsewhere && document.getElementById("clusters-release");
    if (release && !release.disabled) {
      release.click();
    }
  });

  function tellNear(value) {
    if (document.getElementById("clusters-tabs")) {
      window.dash_clientside.set_props("clusters-near", { data: value });
    }
  }

  /* Its library could not be fetched: all is as before, so that the next press tries again. */
  window.addEventListener("solid-charts-failed", function () {
    tellNear(FAILED);
    if (document.getElementById("clusters-solid-title")) {
      window.dash_clientside.set_props("clusters-solid-title", {
        children: "The library of 3-D charts could not be fetched: go back to 2-D, and press 3-D again.",
      });
    }
  });

  /* Whoever comes near the choice of axes may ask for three, which take long at first: they are made ready, and kept for a while. */
  var leaving = null;
  ["pointerover", "focusin"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var axes = event.target.closest && event.target.closest("#clusters-tabs");
      if (axes && !(event.relatedTarget && axes.contains(event.relatedTarget))) {
        window.clearTimeout(leaving);
        leaving = window.setTimeout(tellNear, GONE_MS, GONE);
        tellNear(Date.now());
      }
    });
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    clusters: {
      /* Two axes or three: one is hidden, the other shown. */
      axes: function (shown) {
        var deep = shown === "3";
        window.setTimeout(function () {
          (window.requestIdleCallback || window.setTimeout)(expectSolid);
        }, IDLE_MS);
        return [deep, deep, deep, !deep, !deep];
      },
      /* What three axes are to be drawn by, while they are shown and once somebody comes near their button. */
      solid: function (shown) {
        var given = Array.from(arguments);
        var choices = given.slice(2, -2);
        var asked = given[given.length - 2];
        var near = given[1];
        var byNear = window.dash_clientside.callback_context.triggered.some(function (item) {
          return item.prop_id === "clusters-near.data";
        });
        if (byNear && (near === FAILED || (near === GONE && shown !== "3" && asked))) {
          return [[], null];
        }
        if ((shown !== "3" && !(byNear && near > 0)) || JSON.stringify(choices) === JSON.stringify(asked || null)) {
          return [none(), none()];
        }
        expectSolid();
        return [asked ? none() : given[given.length - 1], choices];
      },
      choose: function (inScatter, inPrice, _states, _release, current, dataset) {
        var triggered = window.dash_clientside.callback_context.triggered[0];
        if (!triggered) {
          return none();
        }
        /* A double click selects null; a chart that is drawn anew selects no points, and no range. */
        if (/\.selectedData$/.test(triggered.prop_id)) {
          if (!triggered.value) {
            return current ? null : none();
          }
          return triggered.prop_id.indexOf("clusters-price") < 0 ? brushed(inScatter, dataset) : dragged(inPrice);
        }
        if (!triggered.value) {
          return none();
        }
        if (triggered.prop_id === "clusters-release.n_clicks") {
          return null;
        }
        var state = "state_" + JSON.parse(triggered.prop_id.replace(/\.n_clicks$/, "")).code;
        return current && current.days === state ? null : { days: state };
      },
      pressed: function (chosen, ids) {
        return ids.map(function (id) {
          return String(Boolean(chosen) && chosen.days === "state_" + id.code);
        });
      },
      /* A stretch of time or a state stands in the address; brushed points would be too long for it. */
      address: function (chosen) {
        var query = new URLSearchParams(window.location.search);
        var days = chosen && chosen.days;
        if ((query.get("days") || null) === (days || null)) {
          return none();
        }
        if (days) {
          query.set("days", days);
        } else {
          query.delete("days");
        }
        window.history.pushState({}, "", window.location.pathname + "?" + query.toString());
        return window.location.search;
      },
    },
  });
})();
