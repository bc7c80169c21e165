/* One answer changes the page's state a hundred times over, and at each change Dash asks every component on the page whether it
   is concerned: most of the time that a choice takes. Here they are asked once of many changes, when Dash is at rest: so it has
   asked the server for all that it wants before the page is busy with being drawn. Where components come or go they are asked at
   the end of the run of JavaScript, so that callbacks of what has come find it on the page. */
(function () {
  "use strict";
  var LONGEST_MS = 40; // that a change waits for rest

  /* Parts of the state that no component looks at. */
  var MACHINERY = { callbacks: true };

  /* While someone types, the field must have its new content before the key's event is over: else the caret jumps. */
  function typing() {
    return Boolean(window.event) && window.event.type === "input";
  }

  function concerns(told, state) {
    return Object.keys(state).some(function (part) {
      return state[part] !== told[part] && !MACHINERY[part];
    });
  }

  /* Whether a component was given other components, and not only other words. */
  function refilled(changed) {
    return Boolean(changed) && typeof changed.children === "object";
  }

  function batched(store) {
    var subscribe = store.subscribe;
    var listeners = new Set();
    var told = store.getState();
    var layout = told.layout;
    var hashes = told.layoutHashes;
    var changed = {};
    var changes = 0;
    var due = null; // "rest" or "run": at whose end they are told

    /* Dash keeps of each component which properties its last change touched: here those of all changes since it was told.
       Whether components have come or gone. */
    function gather(state) {
      var others = state.layout !== layout && state.layoutHashes === hashes; // the page as a whole
      if (state.layoutHashes !== hashes) {
        Object.keys(state.layoutHashes).forEach(function (path) {
          var now = state.layoutHashes[path];
          if (now !== hashes[path]) {
            others = others || refilled(now.changedProps);
            now.changedProps = changed[path] = Object.assign({}, changed[path], now.changedProps);
          }
        });
      }
      layout = state.layout;
      hashes = state.layoutHashes;
      return others;
    }

    function tell() {
      var state = store.getState();
      var concerned = concerns(told, state);
      due = null;
      changed = {};
      told = state;
      if (concerned) {
        Array.from(listeners).forEach(function (listener) {
          listener();
        });
      }
    }

    function tellDue() {
      if (due) {
        tell();
      }
    }

    /* Rest is a turn of the event loop without a change. */
    function rest(until) {
      var before = changes;
      window.setTimeout(function () {
        if (changes === before || performance.now() > until) {
          tellDue();
        } else if (due) {
          rest(until);
        }
      });
    }

    subscribe.call(store, function () {
      var others = gather(store.getState());
      changes += 1;
      if (typing()) {
        tell();
      } else if (others || document.hidden) { // timers are slow on a page that nobody sees
        if (due !== "run") {
          due = "run";
          queueMicrotask(tellDue);
        }
      } else if (!due) {
        due = "rest";
        rest(performance.now() + LONGEST_MS);
      }
    });
    store.subscribe = function (listener) {
      listeners.add(listener);
      return function () {
        listeners.delete(listener);
      };
    };
    /* Whoever presses or lets go does so on what Dash knows: a range let go of must not put an older figure back. */
    ["pointerdown", "pointerup", "keydown"].forEach(function (kind) {
      window.addEventListener(kind, tellDue, true);
    });
    return store;
  }

  /* Dash puts its store here once its own machinery listens, and before the components do: only these are batched. */
  var stores = [];
  stores.push = function (store) {
    return Array.prototype.push.call(stores, batched(store));
  };
  window.dash_stores = stores;
})();
