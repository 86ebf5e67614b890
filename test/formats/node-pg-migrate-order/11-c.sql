--- Up Migration ---
CREATE TABLE eleven();
--- Down Migration
