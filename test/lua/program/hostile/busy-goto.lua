-- @expect killed
::again::
goto again
