/* One answer changes the page's state a hundred times over, and at each change Dash asks every component on the page whether it
   is concerned: most of the time that a choice takes. Here they are asked once for all changes of one run of JavaScript. */
(function () {
  "use strict";

  /* While someone types, the field must have its new content before the key's event is over: else the caret jumps. */
  function typing() {
    return Boolean(window.event) && window.event.type === "input";
  }

  /* Parts of the state that no component looks at. */
  var MACHINERY = { callbacks: true };

  function concerns(told, state) {
    return Object.keys(state).some(function (part) {
      return state[part] !== told[part] && !MACHINERY[part];
    });
  }

  function batched(store, listener) {
    var due = false;
    var told = {};

    function tell() {
      var state = store.getState();
      var concerned = concerns(told, state);
      due = false;
      told = state;
      if (concerned) {
        listener();
      }
    }
    return function () {
      if (typing()) {
        tell();
      } else if (!due) {
        due = true;
        queueMicrotask(tell);
      }
    };
  }

  /* Dash puts its store here once its own machinery listens, and before the components do: only these are batched. */
  var stores = [];
  stores.push = function (store) {
    var subscribe = store.subscribe;
    store.subscribe = function (listener) {
      return subscribe.call(store, batched(store, listener));
    };
    return Array.prototype.push.call(stores, store);
  };
  window.dash_stores = stores;
})();
