"""Who leaves or moves (離職、異動): recorded, imported, answered by an application, or suspended."""
