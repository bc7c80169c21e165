/* Sections below join the page shortly before they are scrolled to, and follow its choices while they are in sight. */
(function () {
  "use strict";
  var MARGIN = "400px 0px";

  function domId(id) {
    return JSON.stringify(id, Object.keys(id).sort());
  }

  /* Sections of the page, by name: their room, and whether it is in sight. */
  var sections = {};

  /* Whoever walks by Tab gets the next section with each step, so that there is always one to walk on to. */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Tab") {
      return;
    }
    var waiting = Object.values(sections).filter(function (one) {
      return document.contains(one.room) && !one.seen;
    });
    if (waiting.length) {
      waiting[0].show();
    }
  });

  function observe(room, margin, told) {
    var watcher = new IntersectionObserver(
      function (entries) {
        /* What is hidden but keeps its room may touch the screen without being on it. */
        var last = entries[entries.length - 1];
        told(last.isIntersecting && last.intersectionRect.height > 0, watcher);
      },
      { rootMargin: margin, threshold: [0, 0.001] }
    );
    watcher.observe(room);
  }

  /* A section behind the choices says so to those who hear the page; it catches up once it is in sight. */
  function behind(one, is) {
    if (is) {
      one.room.setAttribute("aria-busy", "true");
    } else {
      one.room.removeAttribute("aria-busy");
    }
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    sight: {
      watch: function (held, id) {
        var one = { room: document.getElementById(domId(id)), seen: !held, near: !held };
        var set = function (type, data) {
          window.dash_clientside.set_props({ type: type, section: id.section }, { data: data });
        };
        one.show = function () {
          one.seen = one.near = true;
          set("later-seen", true);
        };
        sections[id.section] = one;
        observe(one.room, MARGIN, function (here, watcher) {
          if (here && !one.seen) {
            one.show();
          }
          if (one.seen) {
            watcher.disconnect();
            observe(one.room, "0px", function (near) {
              one.near = near;
              if (near && one.room.hasAttribute("aria-busy")) {
                behind(one, false);
                set("later-again", Date.now());
              }
            });
          }
        });
        return window.dash_clientside.no_update;
      },
      show: function (seen, held) {
        var none = window.dash_clientside.no_update;
        return seen ? [held, null, null, null] : [none, none, none, none];
      },
      /* The choices that a part is to be drawn by: those of the page, once its section is in sight. */
      follow: function () {
        var choices = Array.from(arguments).slice(1, -1);
        var drawn = arguments[arguments.length - 1];
        var one = sections[window.dash_clientside.callback_context.outputs_list.id.section];
        if (JSON.stringify(choices) === JSON.stringify(drawn)) {
          return window.dash_clientside.no_update;
        }
        var waits = Boolean(drawn && one) && !one.near;
        if (one) {
          behind(one, waits);
        }
        return waits ? window.dash_clientside.no_update : choices;
      },
    },
  });
})();
