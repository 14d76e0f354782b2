"""What can be done: one public function is one transaction. No Flask in here."""
