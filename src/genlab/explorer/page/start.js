// The pages, in the order of the menu.
"use strict";

for (const page of [FitPage, TradeoffPage, ChoosingPage]) App.add(page);
App.start();
