// The pages, in the order of the menu.
"use strict";

for (const page of [FitPage, TradeoffPage]) App.add(page);
App.start();
