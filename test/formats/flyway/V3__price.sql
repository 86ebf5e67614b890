CREATE TABLE price (label text DEFAULT '${amount}');
