/* Sections below join the page shortly before they are scrolled to. */
(function () {
  "use strict";
  var AT_FIRST = "0px 0px -120px 0px"; // what only peeps in waits until what is in sight is drawn
  var LATER = "400px 0px";
  var IDLE_MS = 2000;

  function domId(id) {
    return JSON.stringify(id, Object.keys(id).sort());
  }

  /* Whoever walks by Tab gets the next section with each step, so that there is always one to walk on to. */
  var waiting = [];
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Tab") {
      return;
    }
    waiting = waiting.filter(function (one) {
      return document.contains(one.room) && !one.seen;
    });
    if (waiting.length) {
      waiting[0].show();
    }
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    sight: {
      watch: function (_held, id) {
        var room = document.getElementById(domId(id));
        var watcher = null;
        var one = {
          room: room,
          seen: false,
          show: function () {
            one.seen = true;
            watcher.disconnect();
            window.dash_clientside.set_props({ type: "later-seen", section: id.section }, { data: true });
          },
        };
        function watch(margin) {
          if (watcher) {
            watcher.disconnect();
          }
          watcher = new IntersectionObserver(
            function (entries) {
              if (
                !one.seen &&
                entries.some(function (entry) {
                  return entry.isIntersecting;
                })
              ) {
                one.show();
              }
            },
            { rootMargin: margin }
          );
          watcher.observe(room);
        }
        waiting.push(one);
        watch(AT_FIRST);
        window.requestIdleCallback(
          function () {
            if (!one.seen) {
              watch(LATER);
            }
          },
          { timeout: IDLE_MS }
        );
        return window.dash_clientside.no_update;
      },
      show: function (seen, held) {
        var none = window.dash_clientside.no_update;
        return seen ? [held, null, null, null] : [none, none, none, none];
      },
    },
  });
})();
