"""異常與事件, a module a part: the incidents, what is done about them, the spot checks."""
