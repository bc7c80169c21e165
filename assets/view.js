/* The view in the URL: every control writes its choice there, page links keep it, back and forward restore it. */
(function () {
  "use strict";
  var none = function () {
    return window.dash_clientside.no_update;
  };

  /* A first value only completes the address; a later one is a step that "back" undoes. */
  function remember(name, value) {
    if (value === null || value === undefined) {
      return none();
    }
    var query = new URLSearchParams(window.location.search);
    if (query.get(name) !== value) {
      var first = !query.has(name);
      query.set(name, value);
      var address = window.location.pathname + "?" + query.toString() + window.location.hash;
      window.history[first ? "replaceState" : "pushState"]({}, "", address);
    }
    return window.location.search;
  }

  function isoTime(value) {
    return String(value).slice(0, 19).replace(" ", "T");
  }

  /* Names of choices as they stand in the URL; `shell.remember` writes them. */
  var CHOICES = [
    "against",
    "axes",
    "brush",
    "cost",
    "dataset",
    "delay",
    "drag",
    "duration",
    "features",
    "forecaster",
    "horizon",
    "input",
    "k",
    "knew",
    "measure",
    "model",
    "out",
    "range",
    "shocks",
    "signal",
    "strip",
    "style",
    "vary",
    "view",
    "x",
    "y",
  ];
  var choices = {};
  CHOICES.forEach(function (name) {
    choices[name] = function (value) {
      return remember(name, value);
    };
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    view: Object.assign(choices, {
      /* What went wrong on one page is not told on the next. */
      cleared: function () {
        return null;
      },
      pickDataset: function (search, options) {
        var wanted = new URLSearchParams(search || "").get("dataset") || options[0].value;
        var listed = options.some(function (option) {
          return option.value === wanted;
        });
        return [wanted, listed ? none() : options.concat([{ label: "(not listed)", value: wanted }])];
      },
      /* A row that the server picked stands for what is shown; it picks by id alone, and a visitor's pick is a list of rows. */
      pickRow: function (rows, shown) {
        return Array.isArray(rows) && rows.length && rows[0].id !== shown ? rows[0].id : none();
      },
      /* A grid shows the rows that hold every word. */
      seek: function (text, options) {
        return Object.assign({}, options, { quickFilterText: text || "" });
      },
      query: function (search) {
        return search;
      },
      /* Page links carry the view along. */
      links: function (query, ids) {
        return ids.map(function (id) {
          return id.path + (query || "");
        });
      },
      here: function (pathname, ids) {
        return ids.map(function (id) {
          return id.path.replace(/\/$/, "") === (pathname || "").replace(/\/$/, "") ? "page-name here" : "page-name";
        });
      },
      /* Button or drag, whichever came last: a preset such as "1y", or "2018-01-01T00:00:00..2018-06-30T00:00:00". */
      pickRange: function (preset, relayout, current) {
        var triggered = window.dash_clientside.callback_context.triggered.map(function (item) {
          return item.prop_id;
        });
        var dragged = triggered.some(function (id) {
          return id.endsWith(".relayoutData");
        });
        if (!dragged) {
          return preset ? [preset, none()] : [none(), none()];
        }
        if (relayout && relayout["xaxis.range[0]"]) {
          return [isoTime(relayout["xaxis.range[0]"]) + ".." + isoTime(relayout["xaxis.range[1]"]), null];
        }
        if (relayout && relayout["xaxis.autorange"] && current !== "all") {
          return ["all", "all"];
        }
        return [none(), none()];
      },
      theme: function (clicks) {
        if (clicks) {
          return window.regimeTheme.toggle();
        }
        window.regimeTheme.onSystemChange(function (theme) {
          window.dash_clientside.set_props("theme", { data: theme });
        });
        return window.regimeTheme.current();
      },
      /* The folded bar of a narrow screen: opened by its button, closed by going to another page. */
      fold: function (clicks, pathname, name) {
        var byButton = window.dash_clientside.callback_context.triggered.some(function (item) {
          return item.prop_id === "fold.n_clicks";
        });
        var open = byButton && name.indexOf("open") < 0;
        return [open ? "bar-fold open" : "bar-fold", String(open)];
      },
    }),
  });
})();
